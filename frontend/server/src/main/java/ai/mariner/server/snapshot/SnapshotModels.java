package ai.mariner.server.snapshot;

import ai.mariner.core.config.CrewOptions;
import ai.mariner.core.config.ModelSpec;
import ai.mariner.core.config.RestoredModel;
import ai.mariner.core.model.Model;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The models of a snapshot as JSON, in TorchServe's form with a few keys of our own. */
final class SnapshotModels {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final ObjectMapper mapper = new ObjectMapper();
  private final @Nullable Path store;

  /**
   * Makes a writer.
   *
   * @param store folder of archives; absent: there is none
   */
  SnapshotModels(@Nullable Path store) {
    this.store = store;
  }

  /**
   * Models by name and version.
   *
   * @param models those that are registered
   * @param isDefault tells the default versions
   * @param lost those that could not be restored, which stay as they were
   */
  ObjectNode json(List<Model> models, Predicate<Model> isDefault, List<RestoredModel> lost) {
    List<Model> sorted = new ArrayList<>(models);
    sorted.sort(
        Comparator.comparing((Model model) -> model.key().name())
            .thenComparing(model -> model.key().version()));
    ObjectNode root = mapper.createObjectNode();
    for (Model model : sorted) {
      if (!model.isPart()) {
        ObjectNode entry =
            root.withObjectProperty(model.key().name()).putObject(model.key().version());
        describe(model, isDefault.test(model), entry);
      }
    }
    for (RestoredModel model : lost) {
      ObjectNode versions = root.withObjectProperty(model.key().name());
      if (!versions.has(model.key().version())) {
        versions.set(model.key().version(), entry(model));
      }
    }
    return root;
  }

  private ObjectNode entry(RestoredModel model) {
    try {
      return (ObjectNode) mapper.readTree(model.entry());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("an entry is the JSON that was read", e);
    }
  }

  private void describe(Model model, boolean isDefault, ObjectNode entry) {
    ModelSpec spec = model.spec();
    entry.put("defaultVersion", isDefault);
    entry.put("marName", archive(model.location()));
    entry.put("minWorkers", spec.minWorkers());
    entry.put("maxWorkers", spec.maxWorkers());
    entry.put("batchSize", spec.batchSize());
    entry.put("maxBatchDelay", spec.maxBatchDelay().toMillis());
    entry.put("batchPolicy", spec.batchPolicy().name().toLowerCase(Locale.ROOT));
    putSeconds(entry, "responseTimeout", spec.responseTimeout());
    putSeconds(entry, "startupTimeout", spec.startupTimeout());
    entry.put("runtimeType", model.runtime());
    String handler = model.order().handler();
    if (handler != null) {
      entry.put("handler", handler);
    }
    String group = model.order().overrides().get(CrewOptions.WORKER_GROUP);
    if (group != null) {
      entry.put("workerGroup", group);
    }
  }

  /** A part of a second can't be written; it is the server's default, which stands beside it. */
  private static void putSeconds(ObjectNode entry, String key, Duration value) {
    if (value.compareTo(SECOND) >= 0 && value.equals(Duration.ofSeconds(value.toSeconds()))) {
      entry.put(key, value.toSeconds());
    }
  }

  /** The name in the store, where a download lies too; what is elsewhere keeps its whole place. */
  private String archive(String location) {
    String path = location.replaceFirst("[?#].*", "").replaceFirst("/+$", "");
    String file = path.substring(path.lastIndexOf('/') + 1);
    boolean here = store != null && !file.isEmpty() && Files.exists(store.resolve(file));
    return here ? file : location;
  }
}
