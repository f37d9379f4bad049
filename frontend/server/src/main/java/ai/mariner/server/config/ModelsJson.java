package ai.mariner.server.config;

import ai.mariner.core.config.ModelOptions;
import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.OptionFindings;
import ai.mariner.core.config.OptionReader;
import ai.mariner.core.config.OptionReader.Manner;
import ai.mariner.core.config.OptionSource;
import ai.mariner.core.config.Profile;
import ai.mariner.core.config.ProgramOptions;
import ai.mariner.core.message.ModelKey;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The {@code models} key: options by model and version. Every problem is named by its path. */
final class ModelsJson {
  private static final String KEY = "models";
  private static final List<String> KNOWN = ModelOptions.spellings(OptionSource.MODELS_JSON);

  private final Profile profile;
  private final Findings findings;
  private final ObjectMapper mapper = new ObjectMapper();

  ModelsJson(Profile profile, Findings findings) {
    this.profile = profile;
    this.findings = findings;
  }

  Map<ModelKey, ModelOverrides> read(String text) {
    Map<ModelKey, ModelOverrides> result = new LinkedHashMap<>();
    JsonNode root = JsonForms.read(KEY, text, profile, findings);
    if (root == null) {
      return result;
    }
    if (!(root instanceof ObjectNode models)) {
      findings.malformed(KEY, root.toString(), "a JSON object");
      return result;
    }
    new VersionsJson(findings)
        .each(KEY, models, (path, key, said) -> result.put(key, readOptions(path, said)));
    checkDefaults(result);
    checkArchives(result);
    return Collections.unmodifiableMap(result);
  }

  /** The options of one version. */
  ModelOverrides readOptions(String path, JsonNode options) {
    reportUnknown(path, options);
    Manner manner = profile.lenientModelsJson() ? Manner.LENIENT : Manner.STRICT;
    OptionReader reader =
        new OptionReader(OptionSource.MODELS_JSON, manner, new Below(path + ".", findings));
    return reader.read(mapper.convertValue(options, Map.class));
  }

  private void reportUnknown(String path, JsonNode options) {
    for (Map.Entry<String, JsonNode> option : options.properties()) {
      String key = option.getKey();
      if (!KNOWN.contains(key)) {
        String hint = NearestName.hint(key, KNOWN);
        String what = path + "." + key + ": unknown option";
        if (profile.unknownKeysFail()) {
          findings.problem(what + " (expected: an option of models" + hint + ")");
        } else {
          findings.warning(what + ", ignored" + hint);
        }
      }
    }
  }

  /** A model has one default version. */
  private void checkDefaults(Map<ModelKey, ModelOverrides> options) {
    Map<String, ModelKey> defaults = new HashMap<>();
    options.forEach(
        (key, overrides) -> {
          if (Boolean.TRUE.equals(overrides.get(ProgramOptions.DEFAULT_VERSION))) {
            ModelKey other = defaults.putIfAbsent(key.name(), key);
            if (other != null) {
              findings.malformed(
                  path(key, ProgramOptions.DEFAULT_VERSION.key()),
                  "true",
                  "true for one version of a model, not also for " + other.version());
            }
          }
        });
  }

  /** An archive has one name. */
  private void checkArchives(Map<ModelKey, ModelOverrides> options) {
    Map<String, ModelKey> archives = new HashMap<>();
    options.forEach(
        (key, overrides) -> {
          String archive = overrides.get(ProgramOptions.MAR_NAME);
          ModelKey other = archive == null ? null : archives.putIfAbsent(archive, key);
          if (archive != null && other != null && !other.name().equals(key.name())) {
            findings.malformed(
                path(key, ProgramOptions.MAR_NAME.key()),
                archive,
                "an archive of one model, not also of " + other.name());
          }
        });
  }

  private static String path(ModelKey key, String option) {
    return KEY + "." + key.name() + "." + key.version() + "." + option;
  }

  /** Findings about what lies below a path. */
  private record Below(String prefix, Findings findings) implements OptionFindings {
    @Override
    public void problem(String key, String what) {
      findings.problem(prefix + what);
    }

    @Override
    public void warning(String key, String what) {
      findings.warning(prefix + what);
    }
  }
}
