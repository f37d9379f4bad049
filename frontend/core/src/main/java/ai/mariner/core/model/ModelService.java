package ai.mariner.core.model;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.message.Signature;
import ai.mariner.core.time.Loop;
import ai.mariner.core.worker.ResidentMemory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Everything that can be done with models, whatever API asks. Thread-safe; nothing here blocks the
 * caller.
 */
public final class ModelService implements ModelCalls {
  private final ModelRegistry registry;
  private final Registration registration;
  private final Executor adminExecutor;
  private final Duration drainTimeout;
  private final ModelCatalogue catalogue;
  private final ModelHealth health;
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
    this.health = new ModelHealth(registry);
    this.retirement = new Retirement(registry, registration, adminExecutor);
    this.swaps = new ModelSwap(registry, registration, retirement, adminExecutor, drainTimeout);
    this.catalogue = new ModelCatalogue(registry, swaps, adminExecutor, memory);
  }

  @Override
  public CompletionStage<RegisterResult> register(RegisterModel order) {
    if (stopping) {
      return CompletableFuture.failedStage(shuttingDown());
    }
    CompletableFuture<RegisterResult> result;
    try {
      result =
          CompletableFuture.supplyAsync(() -> registration.publish(order), adminExecutor)
              .thenCompose(stage -> stage)
              .thenCompose(model -> startWorkers(model, order));
    } catch (RejectedExecutionException e) {
      return CompletableFuture.failedStage(shuttingDown());
    }
    return order.atStart() ? watched(order, result) : result;
  }

  /**
   * Registers the models of a start. They are fetched at the same time and published as if one came
   * after the other: of one name the first becomes the default, of one version the first stays.
   *
   * @return what becomes of each
   */
  public List<CompletionStage<RegisterResult>> registerInOrder(List<RegisterModel> orders) {
    StartOrder line = new StartOrder();
    List<CompletionStage<RegisterResult>> results = new ArrayList<>();
    for (RegisterModel order : orders) {
      try {
        results.add(watched(order, registerInOrder(order, line)));
      } catch (RejectedExecutionException e) {
        results.add(CompletableFuture.failedStage(shuttingDown()));
      }
    }
    return results;
  }

  private CompletableFuture<RegisterResult> registerInOrder(RegisterModel order, StartOrder line) {
    CompletableFuture<FetchedModel> fetched =
        CompletableFuture.supplyAsync(() -> registration.fetch(order), adminExecutor);
    CompletableFuture<String> name =
        order.modelName() != null
            ? CompletableFuture.completedFuture(order.modelName())
            : fetched.thenApply(found -> found.key().name());
    return line.enter(
        name,
        () -> fetched.thenCompose(this::publish).thenCompose(model -> startWorkers(model, order)));
  }

  private CompletionStage<Model> publish(FetchedModel fetched) {
    try {
      return CompletableFuture.supplyAsync(() -> registration.publish(fetched), adminExecutor)
          .thenCompose(stage -> stage);
    } catch (RejectedExecutionException e) {
      fetched.archive().release().run();
      return CompletableFuture.failedStage(shuttingDown());
    }
  }

  /** Registers what was fetched for a call, and waits for its workers. */
  CompletionStage<RegisterResult> register(FetchedModel fetched) {
    return publish(fetched).thenCompose(model -> startWorkers(model, fetched.order()));
  }

  /** The same stage; health knows when a model of the start is not there. */
  private CompletableFuture<RegisterResult> watched(
      RegisterModel order, CompletableFuture<RegisterResult> result) {
    return result.whenComplete(
        (done, thrown) -> {
          if (thrown != null) {
            String name = order.modelName() == null ? order.location() : order.modelName();
            health.startFailed(name, ServeException.failureOf(thrown).message());
          }
        });
  }

  /** The same stage for a part of the start that is no single model. */
  <T> CompletionStage<T> watched(String location, CompletionStage<T> result) {
    return result.whenComplete(
        (done, thrown) -> {
          if (thrown != null) {
            health.startFailed(location, ServeException.failureOf(thrown).message());
          }
        });
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
    health.startMended(model.key().name());
    health.startMended(order.location());
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

  @Override
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
      registration.checkWorkers(model.key(), model.spec(), order.maxWorkers());
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

  @Override
  public CompletionStage<ModelKey> unregister(ModelRef ref) {
    try {
      return retirement.retire(registry.remove(ref), drainTimeout);
    } catch (ServeException e) {
      return CompletableFuture.failedStage(e);
    }
  }

  @Override
  public CompletionStage<SwapResult> swap(SwapModel order) {
    if (stopping) {
      return CompletableFuture.failedStage(shuttingDown());
    }
    return swaps
        .swap(order)
        .thenApply(
            result -> {
              health.startMended(order.name());
              return result;
            });
  }

  @Override
  public void setDefault(ModelKey key) {
    registry.setDefault(key);
  }

  @Override
  public ModelPage list(int limit, int offset) {
    return catalogue.list(limit, offset);
  }

  @Override
  public CompletionStage<List<ModelStatus>> describe(ModelRef ref) {
    return catalogue.describe(ref);
  }

  @Override
  public CompletionStage<List<ModelStatus>> describeAll(String name) {
    return catalogue.describeAll(name);
  }

  @Override
  public Health health() {
    return health.ofAll(stopping);
  }

  @Override
  public Health health(ModelRef ref) {
    return health.of(ref, stopping);
  }

  @Override
  public @Nullable String onlyModel() {
    return registry.onlyName();
  }

  @Override
  public @Nullable String modelAt(String location) {
    return registry.nameAt(location);
  }

  @Override
  public @Nullable Signature signature(ModelRef ref) {
    Model model = registry.find(ref);
    return model == null ? null : model.signature();
  }

  @Override
  public @Nullable String declares(ModelRef ref) {
    Model model = registry.find(ref);
    return model == null ? null : model.declares();
  }

  @Override
  public List<ModelStatistics> statistics(@Nullable ModelRef ref) {
    return catalogue.statistics(ref);
  }

  /** All registered versions. */
  public List<Model> models() {
    return registry.all();
  }

  /** Adds a listener, which is first told of the models that there are. */
  public void listen(RegistryListener listener) {
    registry.listen(listener);
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
