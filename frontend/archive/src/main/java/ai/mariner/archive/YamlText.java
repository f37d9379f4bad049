package ai.mariner.archive;

import ai.mariner.core.error.ServeException;
import java.io.StringReader;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;

/**
 * A YAML document whose top is a mapping, read without making anything but plain values.
 *
 * @param values by key
 * @param lines line of each key, from 1
 */
record YamlText(Map<?, ?> values, Map<String, Integer> lines) {
  private static final int MAX_DEPTH = 50;
  private static final int MAX_ALIASES = 50;

  /**
   * Parses a document; an empty one has no values.
   *
   * @param text YAML
   * @param label its name in messages
   * @throws ai.mariner.core.error.ServeException when it is malformed or no mapping
   */
  static YamlText parse(String text, String label) {
    String bare = text.startsWith("\uFEFF") ? text.substring(1) : text;
    try {
      Yaml yaml = new Yaml(new SafeConstructor(options()));
      Object top = yaml.load(bare);
      if (top == null) {
        return new YamlText(Map.of(), Map.of());
      }
      if (!(top instanceof Map<?, ?> values)) {
        throw Refusals.invalid(label + ": not a mapping (expected: key: value lines)");
      }
      return new YamlText(values, lines(yaml.compose(new StringReader(bare))));
    } catch (MarkedYAMLException e) {
      Mark mark = e.getProblemMark();
      String where = mark == null ? "" : " line " + (mark.getLine() + 1);
      String problem = e.getProblem() == null ? "malformed" : Refusals.shown(e.getProblem());
      throw Refusals.invalid(label + where + ": " + problem + " (expected: valid YAML)", e);
    } catch (ServeException e) {
      throw e;
    } catch (RuntimeException e) {
      // Odd scalars (dates, numbers) and limits end in exceptions of many kinds.
      String problem = e.getMessage() == null ? "malformed" : Refusals.shown(e.getMessage());
      throw Refusals.invalid(label + ": " + problem + " (expected: valid YAML)", e);
    }
  }

  private static LoaderOptions options() {
    LoaderOptions options = new LoaderOptions();
    options.setNestingDepthLimit(MAX_DEPTH);
    options.setMaxAliasesForCollections(MAX_ALIASES);
    options.setCodePointLimit(SmallFile.MAX_BYTES);
    options.setAllowDuplicateKeys(false);
    options.setAllowRecursiveKeys(false);
    return options;
  }

  private static Map<String, Integer> lines(@Nullable Node top) {
    Map<String, Integer> lines = new HashMap<>();
    if (top instanceof MappingNode mapping) {
      for (NodeTuple tuple : mapping.getValue()) {
        if (tuple.getKeyNode() instanceof ScalarNode key) {
          lines.put(key.getValue(), key.getStartMark().getLine() + 1);
        }
      }
    }
    return lines;
  }
}
