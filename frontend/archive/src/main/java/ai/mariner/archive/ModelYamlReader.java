package ai.mariner.archive;

import ai.mariner.core.config.CrewOptions;
import ai.mariner.core.config.ModelOptions;
import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.NearestKey;
import ai.mariner.core.config.OptionFindings;
import ai.mariner.core.config.OptionReader;
import ai.mariner.core.config.OptionSource;
import ai.mariner.core.config.Profile;
import ai.mariner.core.config.ProgramOptions;
import ai.mariner.core.message.Signature;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the options in an archive's {@code model-config.yaml}. */
final class ModelYamlReader {
  private static final List<String> KNOWN = ModelOptions.spellings(OptionSource.ARCHIVE);

  private final boolean misspeltFails;
  private final WarmupJson warmups = new WarmupJson();

  ModelYamlReader(Profile profile) {
    this.misspeltFails = profile.unknownKeysFail();
  }

  /**
   * What a file says.
   *
   * @param overrides options
   * @param signature tensors that are declared; absent: none
   * @param warnings what was probably not meant so, one line each
   */
  record Result(ModelOverrides overrides, @Nullable Signature signature, List<String> warnings) {}

  /**
   * Reads the options. Keys that are not ours belong to the handler, which gets the whole file.
   *
   * @param text YAML
   * @param label the file's name in messages
   * @throws ai.mariner.core.error.ServeException that names every problem
   */
  Result read(String text, String label) {
    YamlText yaml = YamlText.parse(text, label);
    Findings findings = new Findings(label, yaml.lines());
    Map<Object, Object> values = new HashMap<>(yaml.values());
    takeNoWorkersAsOne(values, findings);
    values.computeIfPresent(ProgramOptions.WARMUP.key(), (key, given) -> warmups.asTexts(given));
    ModelOverrides overrides =
        new OptionReader(OptionSource.ARCHIVE, OptionReader.Manner.STRICT, findings).read(values);
    Signature signature = signature(values, findings);
    findMisspelt(values, findings);
    if (!findings.problems.isEmpty()) {
      throw Refusals.invalid(label + String.join(";", findings.problems));
    }
    return new Result(overrides, signature, List.copyOf(findings.warnings));
  }

  private static @Nullable Signature signature(Map<?, ?> values, Findings findings) {
    if (!values.containsKey(SignatureReader.KEY)) {
      return null;
    }
    try {
      return SignatureReader.read(values.get(SignatureReader.KEY));
    } catch (IllegalArgumentException malformed) {
      findings.problem(SignatureReader.KEY, String.valueOf(malformed.getMessage()));
      return null;
    }
  }

  /** As archives in use expect; a model without workers is made by scaling it down. */
  private static void takeNoWorkersAsOne(Map<Object, Object> values, Findings findings) {
    String key = CrewOptions.MIN_WORKERS.key();
    if (values.get(key) instanceof Integer number && number == 0) {
      findings.warning(key, key + ": 0 is taken as 1 (expected: >= 1)");
      values.put(key, 1);
    }
  }

  /** Looks for keys that are near to known ones; all others belong to the handler. */
  private void findMisspelt(Map<?, ?> values, Findings findings) {
    for (Object given : values.keySet()) {
      if (!(given instanceof String key) || KNOWN.contains(key)) {
        continue;
      }
      String nearest = NearestKey.of(key, KNOWN);
      if (nearest != null) {
        String what = Refusals.shown(key) + ": unknown key (expected: " + nearest + "?)";
        if (misspeltFails) {
          findings.problem(key, what);
        } else {
          findings.warning(key, what);
        }
      }
    }
  }

  /** Collects findings with the lines that they are about. */
  private static final class Findings implements OptionFindings {
    private final String label;
    private final Map<String, Integer> lines;
    private final List<String> problems = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();

    Findings(String label, Map<String, Integer> lines) {
      this.label = label;
      this.lines = lines;
    }

    @Override
    public void problem(String key, String what) {
      problems.add(where(key) + what);
    }

    @Override
    public void warning(String key, String what) {
      warnings.add(label + where(key) + what);
    }

    private String where(String key) {
      Integer line = lines.get(key);
      return line == null ? ": " : " line " + line + ": ";
    }
  }
}
