package ai.mariner.core.model;

import ai.mariner.core.message.ModelKey;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;

/** The end of model versions that are no longer registered. Thread-safe. */
final class Retirement {
  private final ModelRegistry registry;
  private final Registration registration;
  private final Executor adminExecutor;
  private final Set<Model> retiring = ConcurrentHashMap.newKeySet();

  Retirement(ModelRegistry registry, Registration registration, Executor adminExecutor) {
    this.registry = registry;
    this.registration = registration;
    this.adminExecutor = adminExecutor;
  }

  /**
   * Finishes what a model has accepted, ends its workers, gives its files and meters back.
   *
   * @param drain how long accepted work may take
   */
  CompletionStage<ModelKey> retire(Model model, Duration drain) {
    CompletableFuture<ModelKey> gone =
        model
            .pool()
            .close(drain.toNanos())
            .thenApplyAsync(nothing -> forget(model), adminExecutor)
            .toCompletableFuture();
    retiring.add(model);
    return gone.whenComplete((key, thrown) -> retiring.remove(model));
  }

  /** Models that still finish their work. */
  Set<Model> underWay() {
    return retiring;
  }

  private ModelKey forget(Model model) {
    ModelKey key = model.key();
    model.archive().release().run();
    Model successor = registry.find(key.ref());
    if (successor == null || successor == model) {
      registration.forget(key);
    } else {
      // Both wrote to the same gauges, and the one that is gone wrote last.
      successor.pool().refreshGauges();
    }
    return key;
  }
}
