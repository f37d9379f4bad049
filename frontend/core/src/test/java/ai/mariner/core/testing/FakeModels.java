package ai.mariner.core.testing;

import ai.mariner.core.config.ModelDefaults;
import ai.mariner.core.config.ModelSpec;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.message.Signature;
import ai.mariner.core.metrics.ModelCounts;
import ai.mariner.core.model.Completion;
import ai.mariner.core.model.Health;
import ai.mariner.core.model.ModelCalls;
import ai.mariner.core.model.ModelPage;
import ai.mariner.core.model.ModelStatistics;
import ai.mariner.core.model.ModelStatus;
import ai.mariner.core.model.ModelSummary;
import ai.mariner.core.model.RegisterModel;
import ai.mariner.core.model.RegisterResult;
import ai.mariner.core.model.ScaleModel;
import ai.mariner.core.model.ScaleResult;
import ai.mariner.core.model.SwapModel;
import ai.mariner.core.model.SwapResult;
import ai.mariner.core.model.SwapStep;
import ai.mariner.core.model.WorkerStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What an adapter sees of the models, without any: {@code echo} in the versions 1.0, its default,
 * and 2.0. Orders are noted and change nothing.
 */
public final class FakeModels implements ModelCalls {
  private static final String NAME = "echo";

  /** What was asked for, but for mere looks; a list as its limit and offset. */
  public final Queue<Object> orders = new ConcurrentLinkedQueue<>();

  /** Rows of the list of models. */
  public final List<ModelSummary> rows = new CopyOnWriteArrayList<>();

  /** Workers of each version. */
  public volatile List<WorkerStatus> workers = List.of(readyWorker());

  /** Health of the server and of {@code echo}; if it is ready, version 2.0 still is not. */
  public volatile Health health = new Health(true, false, List.of());

  /** Tensors that {@code echo} declares; absent: none. */
  public volatile @Nullable Signature signature;

  /** Whether an order to scale finds as many workers as it wants, so that none is waited for. */
  public volatile boolean workersWereThere;

  /** What all orders fail with; absent: they are done. */
  public volatile @Nullable ServeException refusal;

  private final Executor answers;

  /**
   * Models whose stages complete on this executor.
   *
   * @param answers {@code Runnable::run}: on the caller's thread; an adapter must bear others, too
   */
  public FakeModels(Executor answers) {
    this.answers = answers;
    rows.add(new ModelSummary(NAME, "echo.mar"));
  }

  @Override
  public CompletionStage<RegisterResult> register(RegisterModel order) {
    return done(order, () -> new RegisterResult(new ModelKey(NAME, "1.0"), 1, order.completion()));
  }

  @Override
  public CompletionStage<ScaleResult> scale(ScaleModel order) {
    ScaleResult.Outcome outcome =
        workersWereThere || order.completion() != Completion.ACCEPTED
            ? ScaleResult.Outcome.DONE
            : ScaleResult.Outcome.ACCEPTED;
    return done(order, () -> new ScaleResult(order.model(), order.minWorkers(), outcome));
  }

  @Override
  public CompletionStage<ModelKey> unregister(ModelRef ref) {
    return done(ref, () -> new ModelKey(ref.name(), "1.0"));
  }

  @Override
  public CompletionStage<SwapResult> swap(SwapModel order) {
    SwapStep step = new SwapStep(SwapStep.Name.LOAD, Duration.ofMillis(1500));
    return done(
        order, () -> new SwapResult(order.name(), "1.0", "2.0", 3, order.keepOld(), List.of(step)));
  }

  @Override
  public void setDefault(ModelKey key) {
    orders.add(key);
    refuse();
  }

  @Override
  public ModelPage list(int limit, int offset) {
    orders.add(List.of(limit, offset));
    return new ModelPage(List.copyOf(rows), null);
  }

  @Override
  public @Nullable String onlyModel() {
    return rows.size() == 1 ? rows.get(0).name() : null;
  }

  @Override
  public @Nullable String modelAt(String location) {
    return rows.stream()
        .filter(row -> row.location().equals(location))
        .map(ModelSummary::name)
        .findFirst()
        .orElse(null);
  }

  @Override
  public @Nullable Signature signature(ModelRef ref) {
    return signature;
  }

  @Override
  public @Nullable String declares(ModelRef ref) {
    return null;
  }

  @Override
  public List<ModelStatistics> statistics(@Nullable ModelRef ref) {
    ModelCounts counts = new ModelCounts(2, 1, 90, 10, 80, 2, 0, 0, 5);
    return List.of(new ModelStatistics(new ModelKey(NAME, "1.0"), counts));
  }

  @Override
  public CompletionStage<List<ModelStatus>> describe(ModelRef ref) {
    String version = ref.version() == null ? "1.0" : ref.version();
    return later(
        () -> {
          checkName(ref.name());
          return List.of(status(version));
        });
  }

  @Override
  public CompletionStage<List<ModelStatus>> describeAll(String name) {
    return later(
        () -> {
          checkName(name);
          return List.of(status("1.0"), status("2.0"));
        });
  }

  @Override
  public Health health() {
    return health;
  }

  @Override
  public Health health(ModelRef ref) {
    checkName(ref.name());
    Health now = health;
    return "2.0".equals(ref.version()) ? new Health(false, now.firstLoad(), now.reasons()) : now;
  }

  private <T> CompletionStage<T> done(Object order, Supplier<T> result) {
    orders.add(order);
    return later(
        () -> {
          refuse();
          return result.get();
        });
  }

  private <T> CompletionStage<T> later(Supplier<T> result) {
    return CompletableFuture.supplyAsync(result, answers);
  }

  private void refuse() {
    ServeException known = refusal;
    if (known != null) {
      throw known;
    }
  }

  private static void checkName(String name) {
    if (!name.equals(NAME)) {
      throw new ServeException(ErrorKind.MODEL_NOT_FOUND, "Model not found: " + name);
    }
  }

  private static WorkerStatus readyWorker() {
    return new WorkerStatus(9000, Instant.EPOCH, WorkerStatus.State.READY, 0, 1L, null, null, null);
  }

  private ModelStatus status(String version) {
    ModelSpec spec =
        ModelSpec.resolve(
            List.of(), new ModelDefaults(1, Duration.ofSeconds(120), Duration.ofSeconds(120), 100));
    return new ModelStatus(
        new ModelKey(NAME, version),
        "echo.mar",
        "python",
        spec,
        true,
        version.equals("1.0"),
        workers,
        0,
        false,
        null,
        null,
        null,
        null);
  }
}
