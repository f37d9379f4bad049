package ai.mariner.server.snapshot;

import ai.mariner.core.config.RestoredModel;
import ai.mariner.core.model.Model;
import ai.mariner.core.model.RegistryListener;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.InstantSource;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes snapshots: when the start is over, after each change of the models, and at the end. Changes
 * in a row may make one. A start that does not come to its end leaves the earlier ones as the last.
 * Thread-safe.
 */
public final class Snapshots implements RegistryListener {
  private static final Logger log = LoggerFactory.getLogger(Snapshots.class);

  private final SnapshotStore store;
  private final Map<String, String> properties;
  private final Sight models;
  private final SnapshotModels texts;
  private final InstantSource clock;
  private final Executor later;
  private final AtomicBoolean due = new AtomicBoolean();
  private List<RestoredModel> lost = List.of();
  private @Nullable ObjectNode last;
  private boolean ended;
  private boolean failing;

  /**
   * What there is to see of the models.
   *
   * @param all all registered ones
   * @param isDefault tells the default versions
   */
  public record Sight(Supplier<List<Model>> all, Predicate<Model> isDefault) {}

  /**
   * Makes snapshots that are not taken yet.
   *
   * @param store where they go
   * @param properties what stands in them beside the models
   * @param models the models
   * @param modelStore folder of archives; absent: there is none
   * @param clock time in their names
   * @param later runs what is written after a change, beside the event loops
   */
  public Snapshots(
      SnapshotStore store,
      Map<String, String> properties,
      Sight models,
      java.nio.file.@Nullable Path modelStore,
      InstantSource clock,
      Executor later) {
    this.store = store;
    this.properties = Map.copyOf(properties);
    this.models = models;
    this.texts = new SnapshotModels(modelStore);
    this.clock = clock;
    this.later = later;
  }

  /**
   * Takes the first one.
   *
   * @param unrestored what a snapshot named and could not be registered; it stays in those that
   *     follow
   */
  public synchronized void started(List<RestoredModel> unrestored) {
    lost = List.copyOf(unrestored);
    if (!ended) {
      take("startup");
    }
  }

  /** Takes the last one; what is removed from now on belongs to the end of the server. */
  public synchronized void ending() {
    if (last != null && !ended) {
      take("shutdown");
    }
    ended = true;
  }

  @Override
  public void published(Model model) {
    takeSoon();
  }

  @Override
  public void defaultChanged(Model model) {
    takeSoon();
  }

  @Override
  public void removed(Model model) {
    takeSoon();
  }

  @Override
  public void stateChanged(Model model) {
    takeSoon();
  }

  private void takeSoon() {
    if (due.compareAndSet(false, true)) {
      try {
        later.execute(this::takeIfChanged);
      } catch (RejectedExecutionException serverHasEnded) {
        log.debug("a change of the models is in no snapshot: the server has ended");
      }
    }
  }

  private synchronized void takeIfChanged() {
    due.set(false);
    if (last != null && !ended && !json().equals(last)) {
      take("snapshot");
    }
  }

  private ObjectNode json() {
    return texts.json(models.all().get(), models.isDefault(), lost);
  }

  private void take(String reason) {
    ObjectNode all = json();
    last = all;
    try {
      LocalDateTime now = LocalDateTime.ofInstant(clock.instant(), ZoneId.systemDefault());
      String name = SnapshotName.after(now, store.names(), reason);
      store.save(name, text(name, all));
      failing = false;
      log.debug("snapshot {} taken", name);
    } catch (IOException e) {
      if (!failing) {
        log.warn(
            "no snapshot could be written: {} (expected: a folder that can be written, or"
                + " config_snapshots=false); it is tried again at the next change",
            e.toString());
      }
      failing = true;
    }
  }

  private Map<String, String> text(String name, ObjectNode all) {
    int count = 0;
    for (var versions : all) {
      count += versions.size();
    }
    ObjectNode snapshot = JsonNodeFactory.instance.objectNode();
    snapshot.put("name", name);
    snapshot.put("modelCount", count);
    snapshot.put("created", clock.millis());
    snapshot.set("models", all);
    Map<String, String> text = new LinkedHashMap<>(properties);
    text.put("model_snapshot", snapshot.toString());
    return text;
  }
}
