package ai.mariner.core.model;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.scheduling.Readiness;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Everything that can be done with models, whatever API asks. Thread-safe; nothing here blocks the
 * caller.
 */
public final class ModelService {
  private static final Logger log = LoggerFactory.getLogger(ModelService.class);

  private final ModelRegistry registry;
  private final Registration registration;
  private final Executor adminExecutor;
  private final Duration drainTimeout;
  private final Map<String, String> failedAtStart = new ConcurrentHashMap<>();
  private volatile boolean stopping;

  /**
   * Makes the service.
   *
   * @param registry where models are kept
   * @param registration turns archives into models
   * @param adminExecutor runs what blocks: fetching and unpacking
   * @param drainTimeout how long accepted work of a removed model may take
   */
  public ModelService(
      ModelRegistry registry,
      Registration registration,
      Executor adminExecutor,
      Duration drainTimeout) {
    this.registry = registry;
    this.registration = registration;
    this.adminExecutor = adminExecutor;
    this.drainTimeout = drainTimeout;
  }

  /**
   * Registers a model.
   *
   * @return the result; fails with a {@link ServeException} that has the reason, and then nothing
   *     of the model is left
   */
  public CompletionStage<RegisterResult> register(RegisterModel order) {
    CompletableFuture<RegisterResult> result =
        CompletableFuture.supplyAsync(() -> registration.publish(order), adminExecutor)
            .thenCompose(model -> startWorkers(model, order));
    if (order.atStart()) {
      result =
          result.whenComplete(
              (done, thrown) -> {
                if (thrown != null) {
                  String name = order.modelName() == null ? order.location() : order.modelName();
                  failedAtStart.put(name, ServeException.failureOf(thrown).message());
                }
              });
    }
    return result;
  }

  private CompletionStage<RegisterResult> startWorkers(Model model, RegisterModel order) {
    failedAtStart.remove(model.key().name());
    int workers = model.spec().minWorkers();
    CompletionStage<Void> ready = model.pool().resize(workers);
    if (workers == 0) {
      return CompletableFuture.completedStage(new RegisterResult(model.key(), 0, Completion.READY));
    }
    if (order.completion() == Completion.ACCEPTED || order.atStart()) {
      return CompletableFuture.completedStage(
          new RegisterResult(model.key(), workers, Completion.ACCEPTED));
    }
    RegisterResult done = new RegisterResult(model.key(), workers, Completion.READY);
    return ready
        .handle(
            (nothing, thrown) ->
                thrown == null
                    ? CompletableFuture.<RegisterResult>completedStage(done)
                    : undo(model, thrown))
        .thenCompose(stage -> stage);
  }

  /** A model whose workers can't load it leaves nothing behind. */
  private CompletionStage<RegisterResult> undo(Model model, Throwable thrown) {
    Failure reason = ServeException.failureOf(thrown);
    return removeUnchecked(model)
        .thenCompose(key -> CompletableFuture.failedStage(reason.toException()));
  }

  private CompletionStage<ModelKey> removeUnchecked(Model model) {
    try {
      registry.remove(new ModelRef(model.key().name(), model.key().version()));
    } catch (ServeException e) {
      log.debug("{} had been removed already", model.key());
    }
    return retire(model, Duration.ZERO);
  }

  /**
   * Changes the number of workers.
   *
   * @return the result; fails with a {@link ServeException}
   */
  public CompletionStage<ScaleResult> scale(ScaleModel order) {
    Model model;
    try {
      model = registry.require(order.model());
      if (order.maxWorkers() < order.minWorkers()) {
        throw new ServeException(
            ErrorKind.BAD_REQUEST, "max_worker cannot be less than min_worker.");
      }
    } catch (ServeException e) {
      return CompletableFuture.failedStage(e);
    }
    model.scaled(order.minWorkers(), order.maxWorkers());
    CompletionStage<Void> ready = model.pool().resize(order.minWorkers());
    if (order.completion() == Completion.ACCEPTED) {
      return CompletableFuture.completedStage(
          new ScaleResult(order.model(), order.minWorkers(), ScaleResult.Outcome.ACCEPTED));
    }
    ScaleResult done = new ScaleResult(order.model(), order.minWorkers(), ScaleResult.Outcome.DONE);
    ScaleResult late =
        new ScaleResult(order.model(), order.minWorkers(), ScaleResult.Outcome.IN_PROGRESS);
    return ready
        .toCompletableFuture()
        .thenApply(nothing -> done)
        .completeOnTimeout(late, model.spec().startupTimeout().toMillis(), TimeUnit.MILLISECONDS);
  }

  /**
   * Removes a model: it is gone for new requests at once, accepted ones are finished first.
   *
   * @return what was removed; fails with a {@link ServeException}
   */
  public CompletionStage<ModelKey> unregister(ModelRef ref) {
    try {
      return retire(registry.remove(ref), drainTimeout);
    } catch (ServeException e) {
      return CompletableFuture.failedStage(e);
    }
  }

  private CompletionStage<ModelKey> retire(Model model, Duration drain) {
    return model
        .pool()
        .close(drain.toNanos())
        .thenApplyAsync(
            nothing -> {
              model.archive().release().run();
              registration.forget(model.key());
              return model.key();
            },
            adminExecutor);
  }

  /**
   * Makes a version the default of its model.
   *
   * @throws ServeException if there is no such version
   */
  public void setDefault(ModelKey key) {
    registry.setDefault(key);
  }

  /**
   * A page of the model list.
   *
   * @param limit most rows, at least 1
   * @param offset rows to skip, at least 0
   */
  public ModelPage list(int limit, int offset) {
    List<Model> all = registry.defaults();
    int end = Math.min(all.size(), offset + limit);
    List<ModelSummary> rows = new ArrayList<>();
    for (int i = Math.min(offset, all.size()); i < end; i++) {
      Model model = all.get(i);
      rows.add(new ModelSummary(model.key().name(), model.archive().location()));
    }
    return new ModelPage(rows, end < all.size() ? end : null);
  }

  /** The state of one version; one element. Fails with a {@link ServeException}. */
  public CompletionStage<List<ModelStatus>> describe(ModelRef ref) {
    try {
      return statusOf(registry.require(ref)).thenApply(List::of);
    } catch (ServeException e) {
      return CompletableFuture.failedStage(e);
    }
  }

  /** The state of all versions of a model. Fails with a {@link ServeException}. */
  public CompletionStage<List<ModelStatus>> describeAll(String name) {
    List<Model> models;
    try {
      models = registry.versions(name);
    } catch (ServeException e) {
      return CompletableFuture.failedStage(e);
    }
    CompletionStage<List<ModelStatus>> all = CompletableFuture.completedStage(new ArrayList<>());
    for (Model model : models) {
      all =
          all.thenCombine(
              statusOf(model),
              (list, status) -> {
                list.add(status);
                return list;
              });
    }
    return all;
  }

  private CompletionStage<ModelStatus> statusOf(Model model) {
    return model
        .pool()
        .status()
        .thenApply(
            status ->
                new ModelStatus(
                    model.key(),
                    model.archive().location(),
                    model.runtime(),
                    model.spec(),
                    model.loadedAtStart(),
                    registry.isDefault(model),
                    status.workers(),
                    status.waiting(),
                    status.lastFailure()));
  }

  /**
   * Whether requests would be served: default versions with all the workers they want, and no
   * start-up model missing.
   */
  public Health health() {
    List<String> reasons = new ArrayList<>();
    boolean firstLoad = !stopping;
    if (stopping) {
      reasons.add("The server is shutting down.");
    }
    for (Model model : registry.defaults()) {
      Readiness readiness = model.pool().readiness();
      if (!readiness.satisfied()) {
        reasons.add(reason(model, readiness));
        firstLoad &= loadsFirst(model, readiness);
      }
    }
    for (Map.Entry<String, String> failed : new TreeMap<>(failedAtStart).entrySet()) {
      reasons.add(failed.getKey() + ": " + failed.getValue());
      firstLoad = false;
    }
    return new Health(reasons.isEmpty(), !reasons.isEmpty() && firstLoad, List.copyOf(reasons));
  }

  private static String reason(Model model, Readiness readiness) {
    String counts = readiness.ready() + " of " + readiness.wanted() + " workers are ready";
    @Nullable String failure = readiness.lastFailure();
    return model.key()
        + ": "
        + counts
        + (failure == null ? "" : "; " + failure.lines().findFirst().orElse(""));
  }

  private boolean loadsFirst(Model model, Readiness readiness) {
    long age = model.pool().loop().nanoTime() - model.registeredNanos();
    return !readiness.everReady()
        && !readiness.failed()
        && age < model.spec().startupTimeout().toNanos();
  }

  /** How every registered version is doing, for the state of the start. */
  public List<Model> models() {
    return registry.all();
  }

  /** Makes readiness false from now on. */
  public void announceStop() {
    stopping = true;
  }

  /** Removes all models, as {@link #unregister} does; readiness is false from now on. */
  public CompletionStage<Void> close(Duration drain) {
    announceStop();
    List<CompletableFuture<ModelKey>> all = new ArrayList<>();
    for (Model model : registry.all()) {
      all.add(retire(model, drain).toCompletableFuture());
    }
    return CompletableFuture.allOf(all.toArray(CompletableFuture<?>[]::new));
  }
}
