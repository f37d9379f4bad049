package ai.mariner.server.config;

import ai.mariner.core.config.CrewOptions;
import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.Profile;
import ai.mariner.core.config.ProgramOptions;
import ai.mariner.core.config.RestoredModel;
import ai.mariner.core.message.ModelKey;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The {@code model_snapshot} key. Every problem is named by its path. */
final class SnapshotJson {
  private static final String KEY = "model_snapshot";
  private static final String MODELS = "models";
  private static final String ARCHIVE = ProgramOptions.MAR_NAME.key();
  private static final String HANDLER = "handler";
  private static final Pattern ADDRESS = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]*://.*");

  private final Profile profile;
  private final Findings findings;
  private final @Nullable Path store;
  private final Predicate<Path> exists;

  /**
   * Makes a reader.
   *
   * @param store folder of archives; absent: there is none
   * @param exists whether there is something at a path
   */
  SnapshotJson(Profile profile, Findings findings, @Nullable Path store, Predicate<Path> exists) {
    this.profile = profile;
    this.findings = findings;
    this.store = store;
    this.exists = exists;
  }

  List<RestoredModel> read(String text) {
    List<RestoredModel> restored = new ArrayList<>();
    JsonNode root = JsonForms.read(KEY, text, profile, findings);
    if (root == null) {
      return restored;
    }
    if (!(root.get(MODELS) instanceof ObjectNode models)) {
      findings.malformed(KEY, text, "a JSON object that has an object " + MODELS);
      return restored;
    }
    new VersionsJson(findings)
        .each(KEY + "." + MODELS, models, (path, key, entry) -> read(path, key, entry, restored));
    return List.copyOf(restored);
  }

  private void read(String path, ModelKey key, ObjectNode entry, List<RestoredModel> restored) {
    String location = entry.path(ARCHIVE).asText("");
    if (location.isEmpty()) {
      String shown = entry.path(ARCHIVE).toString();
      findings.malformed(
          path + "." + ARCHIVE, shown.isEmpty() ? "nothing" : shown, "name of an archive");
      return;
    }
    checkArchive(path + "." + ARCHIVE, location);
    ObjectNode options = entry.deepCopy();
    options.remove(List.of(ARCHIVE, HANDLER));
    Integer min = workers(path, options, CrewOptions.MIN_WORKERS.key());
    Integer max = workers(path, options, CrewOptions.MAX_WORKERS.key());
    if (min != null && max != null && max < min) {
      findings.malformed(
          path + "." + CrewOptions.MAX_WORKERS.key(), max + "", ">= minWorkers, " + min);
    }
    ModelOverrides given =
        new ModelsJson(profile, findings).readOptions(path, options).withWorkers(min, max);
    restored.add(
        new RestoredModel(
            key,
            location,
            entry.path(HANDLER).asText(null),
            given.get(CrewOptions.RUNTIME_TYPE),
            given,
            entry.toString()));
  }

  /** Takes a number of workers out, which may be 0 here: a model may have been scaled down. */
  private @Nullable Integer workers(String path, ObjectNode options, String key) {
    JsonNode value = options.remove(key);
    if (value == null) {
      return null;
    }
    if (!value.isInt() || value.asInt() < 0) {
      findings.malformed(path + "." + key, value.toString(), "a whole number >= 0");
      return null;
    }
    return value.asInt();
  }

  /** Looked for before anything is started, so that no server comes up with half of its models. */
  private void checkArchive(String path, String location) {
    if (ADDRESS.matcher(location).matches()) {
      return;
    }
    try {
      Path file = store == null ? Path.of(location) : store.resolve(location);
      if (!exists.test(file)) {
        findings.malformed(path, location, "an archive in the model store, " + store);
      }
    } catch (InvalidPathException e) {
      findings.malformed(path, location, "a path");
    }
  }
}
