package ai.mariner.archive;

import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.ProgramOptions;
import ai.mariner.core.message.NameRule;
import ai.mariner.core.model.WorkflowSpec;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads what a workflow is made of: its {@code models} and their order, {@code dag}. */
final class WorkflowReader {
  private static final String URL = "url";
  private static final Map<String, Integer> DEFAULTS =
      Map.of(
          "min-workers", 1,
          "max-workers", 1,
          "batch-size", 1,
          "max-batch-delay", 50,
          "retry-attempts", 1,
          "timeout-ms", 10_000);
  private static final Set<String> FROM_ZERO = Set.of("max-batch-delay", "retry-attempts");

  private final String label;
  private final YamlText yaml;

  private WorkflowReader(String label, YamlText yaml) {
    this.label = label;
    this.yaml = yaml;
  }

  /**
   * Reads a file.
   *
   * @param file file of the archive
   * @param label its name in messages
   * @param handler file of the workflow's functions; absent: it has none
   * @throws ai.mariner.core.error.ServeException that says what is wrong
   */
  static WorkflowSpec read(Path file, String label, @Nullable String handler) {
    YamlText yaml = YamlText.parse(SmallFile.text(file, label), label);
    return new WorkflowReader(label, yaml).read(handler);
  }

  private WorkflowSpec read(@Nullable String handler) {
    for (Object key : yaml.values().keySet()) {
      if (!key.equals("models") && !key.equals("dag")) {
        throw bad(String.valueOf(key), "unknown key", "models and dag");
      }
    }
    Map<String, Object> given = mapping("models", yaml.values().get("models"));
    Map<String, Integer> common = new HashMap<>(DEFAULTS);
    Map<String, Map<String, Object>> models = new LinkedHashMap<>();
    given.forEach(
        (key, value) -> {
          if (value instanceof Map<?, ?>) {
            models.put(key, mapping("models." + key, value));
          } else {
            common.put(key, number("models.", key, value));
          }
        });
    Map<String, List<String>> inputs = inputs();
    checkPlaced(models.keySet(), inputs);
    List<WorkflowSpec.Step> steps = new ArrayList<>();
    inputs.forEach((name, parents) -> steps.add(step(name, parents, models.get(name), common)));
    return new WorkflowSpec(handler, steps);
  }

  /** The nodes that lead to each node, in the order of the file. */
  private Map<String, List<String>> inputs() {
    Map<String, Object> dag = mapping("dag", yaml.values().get("dag"));
    if (dag.isEmpty()) {
      throw bad("dag", "empty or absent", "nodes and those that they lead to");
    }
    Map<String, List<String>> inputs = new LinkedHashMap<>();
    dag.keySet().forEach(name -> inputs.put(name, new ArrayList<>()));
    dag.forEach(
        (name, children) -> {
          if (!(children instanceof List<?> list)) {
            throw bad("dag." + name, shown(children), "a list of nodes");
          }
          for (Object child : list) {
            inputs.computeIfAbsent(String.valueOf(child), unused -> new ArrayList<>()).add(name);
          }
        });
    for (String name : inputs.keySet()) {
      if (!NameRule.allows(name)) {
        throw bad("dag", NameRule.shown(name), NameRule.EXPECTED);
      }
    }
    return inputs;
  }

  private void checkPlaced(Set<String> models, Map<String, List<String>> inputs) {
    Set<String> unreachable = new LinkedHashSet<>(models);
    unreachable.removeAll(inputs.keySet());
    if (!unreachable.isEmpty()) {
      throw bad("models", String.join(", ", unreachable), "models that are nodes of the dag");
    }
    List<String> starts = new ArrayList<>();
    inputs.forEach(
        (name, parents) -> {
          if (parents.isEmpty()) {
            starts.add(name);
          }
        });
    if (starts.size() > 1) {
      throw bad("dag", "several start nodes: " + String.join(", ", starts), "one");
    }
  }

  private WorkflowSpec.Step step(
      String name,
      List<String> parents,
      @Nullable Map<String, Object> model,
      Map<String, Integer> common) {
    Map<String, Integer> own = new HashMap<>(common);
    String url = null;
    if (model != null) {
      for (Map.Entry<String, Object> entry : model.entrySet()) {
        if (!entry.getKey().equals(URL)) {
          String prefix = "models." + name + '.';
          own.put(entry.getKey(), number(prefix, entry.getKey(), entry.getValue()));
        }
      }
      if (!(model.get(URL) instanceof String text) || text.isEmpty()) {
        throw bad("models." + name + ".url", shown(model.get(URL)), "the location of an archive");
      }
      url = text;
    }
    ModelOverrides options =
        url == null
            ? ModelOverrides.builder().workers(1, 1).batchSize(1).build()
            : options(name, own);
    return new WorkflowSpec.Step(
        name,
        url,
        parents,
        options,
        value(own, "retry-attempts"),
        Duration.ofMillis(value(own, "timeout-ms")));
  }

  private ModelOverrides options(String name, Map<String, Integer> own) {
    int min = value(own, "min-workers");
    int max = value(own, "max-workers");
    if (max < min) {
      throw bad("models." + name + ".max-workers", Integer.toString(max), ">= min-workers, " + min);
    }
    return ModelOverrides.builder()
        .workers(min, max)
        .set(ProgramOptions.BATCH_SIZE, value(own, "batch-size"))
        .set(ProgramOptions.MAX_BATCH_DELAY, Duration.ofMillis(value(own, "max-batch-delay")))
        .build();
  }

  private static int value(Map<String, Integer> values, String key) {
    Integer value = values.get(key);
    if (value == null) {
      throw new IllegalStateException(key);
    }
    return value;
  }

  private int number(String prefix, String key, @Nullable Object value) {
    if (!DEFAULTS.containsKey(key)) {
      throw bad(
          prefix + key,
          "unknown key",
          "url, " + String.join(", ", DEFAULTS.keySet().stream().sorted().toList()));
    }
    int least = FROM_ZERO.contains(key) ? 0 : 1;
    if (!(value instanceof Integer number) || number < least) {
      throw bad(prefix + key, shown(value), "a whole number >= " + least);
    }
    return number;
  }

  /** A mapping whose keys are texts; absent is empty. */
  private Map<String, Object> mapping(String path, @Nullable Object given) {
    if (given == null) {
      return Map.of();
    }
    if (!(given instanceof Map<?, ?> map)) {
      throw bad(path, shown(given), "a mapping");
    }
    Map<String, Object> values = new LinkedHashMap<>();
    map.forEach((key, value) -> values.put(String.valueOf(key), value));
    return values;
  }

  private static String shown(@Nullable Object value) {
    return value == null ? "absent" : Refusals.shown(value.toString());
  }

  private RuntimeException bad(String key, String value, String expected) {
    return Refusals.invalid(
        label + ": " + Refusals.shown(key) + ": " + value + " (expected: " + expected + ")");
  }
}
