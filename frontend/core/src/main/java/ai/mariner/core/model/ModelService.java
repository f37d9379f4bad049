package ai.mariner.core.model;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.scheduling.Readiness;
import ai.mariner.core.time.Loop;
import ai.mariner.core.worker.ResidentMemory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Everything that can be done with models, whatever API asks. Thread-safe; nothing here blocks the
 * caller.
 */
public final class ModelService {
  private final ModelRegistry registry;
  private final Registration registration;
  private final Executor adminExecutor;
  private final Duration drainTimeout;
  private final ResidentMemory memory;
  private final Map<String, String> failedAtStart = new ConcurrentHashMap<>();
  private final Retirement retirement;
  private final ModelSwap swaps;
  private volatile boolean stopping;

  /**
   * Makes the service.
   *
   * @param registry where models are kept
   * @param registration turns archives into models
   * @param adminExecutor runs what blocks: fetching and unpacking
   * @param drainTimeout how long accepted work of a removed model may take
   * @param memory of worker processes, for the describe call
   */
  public ModelService(
      ModelRegistry registry,
      Registration registration,
      Executor adminExecutor,
      Duration drainTimeout,
      ResidentMemory memory) {
    this.registry = registry;
    this.registration = registration;
    this.adminExecutor = adminExecutor;
    this.drainTimeout = drainTimeout;
    this.memory = memory;
    this.retirement = new Retirement(registry, registration, adminExecutor);
    this.swaps = new ModelSwap(registry, registration, retirement, adminExecutor, drainTimeout);
  }

  /**
   * Registers a model.
   *
   * @return the result; fails with a {@link ServeException} that has the reason, and then nothing
   *     of the model is left
   */
  public CompletionStage<RegisterResult> register(RegisterModel order) {
    if (stopping) {
      return CompletableFuture.failedStage(shuttingDown());
    }
    CompletableFuture<RegisterResult> result;
    try {
      result =
          CompletableFuture.supplyAsync(() -> registration.publish(order), adminExecutor)
              .thenCompose(model -> startWorkers(model, order));
    } catch (RejectedExecutionException e) {
      return CompletableFuture.failedStage(shuttingDown());
    }
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

  private static ServeException shuttingDown() {
    return new ServeException(
        ErrorKind.SHUTTING_DOWN, "The server is shutting down and takes no more models.");
  }

  private CompletionStage<RegisterResult> startWorkers(Model model, RegisterModel order) {
    if (stopping) {
      // Published after close() had looked which models there are, or right before.
      return undo(model, shuttingDown());
    }
    failedAtStart.remove(model.key().name());
    failedAtStart.remove(order.location());
    int workers = model.spec().minWorkers();
    CompletionStage<Void> ready = model.pool().resize(workers, model.spec().maxWorkers());
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
    registry.withdraw(model);
    return retirement
        .retire(model, Duration.ZERO)
        .thenCompose(key -> CompletableFuture.failedStage(reason.toException()));
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
      if (order.minWorkers() < 0) {
        throw new ServeException(
            ErrorKind.BAD_REQUEST, "min_worker: " + order.minWorkers() + " (expected: >= 0)");
      }
      if (order.maxWorkers() < order.minWorkers()) {
        throw new ServeException(
            ErrorKind.BAD_REQUEST, "max_worker cannot be less than min_worker.");
      }
    } catch (ServeException e) {
      return CompletableFuture.failedStage(e);
    }
    CompletionStage<Void> ready = model.scale(order.minWorkers(), order.maxWorkers());
    if (order.completion() == Completion.ACCEPTED) {
      return CompletableFuture.completedStage(
          new ScaleResult(order.model(), order.minWorkers(), ScaleResult.Outcome.ACCEPTED));
    }
    ScaleResult done = new ScaleResult(order.model(), order.minWorkers(), ScaleResult.Outcome.DONE);
    ScaleResult late =
        new ScaleResult(order.model(), order.minWorkers(), ScaleResult.Outcome.IN_PROGRESS);
    CompletableFuture<ScaleResult> result = new CompletableFuture<>();
    var unused =
        ready.whenComplete(
            (nothing, thrown) -> {
              if (thrown == null) {
                result.complete(done);
              } else {
                result.completeExceptionally(thrown);
              }
            });
    Loop loop = model.pool().loop();
    long longest = model.spec().startupTimeout().toNanos();
    loop.run(() -> completeLater(loop, result, late, longest));
    return result;
  }

  private static <T> void completeLater(
      Loop loop, CompletableFuture<T> result, T value, long delayNanos) {
    if (!result.isDone()) {
      Loop.Timer timer = loop.schedule(() -> result.complete(value), delayNanos);
      var unused = result.whenComplete((done, thrown) -> loop.run(timer::cancel));
    }
  }

  /**
   * Removes a model: it is gone for new requests at once, accepted ones are finished first.
   *
   * @return what was removed; fails with a {@link ServeException}
   */
  public CompletionStage<ModelKey> unregister(ModelRef ref) {
    try {
      return retirement.retire(registry.remove(ref), drainTimeout);
    } catch (ServeException e) {
      return CompletableFuture.failedStage(e);
    }
  }

  /**
   * Replaces the default version of a model; requests without a version are served throughout.
   *
   * @return what was done; fails with a {@link ServeException} that says at which step and why, and
   *     then the old version is as it was and nothing of the new one is left
   */
  public CompletionStage<SwapResult> swap(SwapModel order) {
    if (stopping) {
      return CompletableFuture.failedStage(shuttingDown());
    }
    return swaps
        .swap(order)
        .thenApply(
            result -> {
              failedAtStart.remove(order.name());
              return result;
            });
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
        .thenApplyAsync(
            status -> {
              boolean isDefault = registry.isDefault(model);
              return new ModelStatus(
                  model.key(),
                  model.archive().location(),
                  model.runtime(),
                  model.spec(),
                  model.loadedAtStart(),
                  isDefault,
                  status.workers().stream().map(w -> WorkerStatus.of(w, memory)).toList(),
                  status.waiting(),
                  status.unloaded(),
                  isDefault ? swaps.progress(model.key().name()) : null,
                  status.lastFailure());
            },
            adminExecutor);
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

  /**
   * Whether requests for one model would be served.
   *
   * @param ref without a version: its default version
   * @throws ai.mariner.core.error.ServeException MODEL_NOT_FOUND or MODEL_VERSION_NOT_FOUND
   */
  public Health health(ModelRef ref) {
    Model model = registry.require(ref);
    Readiness readiness = model.pool().readiness();
    if (readiness.satisfied() && !stopping) {
      return new Health(true, false, List.of());
    }
    String reason = stopping ? "The server is shutting down." : reason(model, readiness);
    return new Health(false, !stopping && loadsFirst(model, readiness), List.of(reason));
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
    swaps.stop();
  }

  /** Removes all models, as {@link #unregister} does; readiness is false from now on. */
  public CompletionStage<Void> close(Duration drain) {
    announceStop();
    List<CompletableFuture<ModelKey>> all = new ArrayList<>();
    // Also those that a swap has not published; looked at first, since they move to the registry.
    Set<Model> models = new LinkedHashSet<>(swaps.staged());
    models.addAll(registry.all());
    // And those that were unregistered and still finish their work.
    models.addAll(retirement.underWay());
    for (Model model : models) {
      all.add(retirement.retire(model, drain).toCompletableFuture());
    }
    return CompletableFuture.allOf(all.toArray(CompletableFuture<?>[]::new));
  }
}
