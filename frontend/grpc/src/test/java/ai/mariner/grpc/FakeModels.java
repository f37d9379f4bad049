package ai.mariner.grpc;

import ai.mariner.core.config.ModelDefaults;
import ai.mariner.core.config.ModelSpec;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.message.Signature;
import ai.mariner.core.metrics.ModelCounts;
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
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One model, {@code echo} in versions 1.0 and 2.0; notes orders and answers on other threads. */
final class FakeModels implements ModelCalls {
  final BlockingQueue<Object> orders = new LinkedBlockingQueue<>();
  volatile Health health = new Health(true, false, List.of());
  volatile @Nullable Signature signature;
  volatile @Nullable ServeException refusal;

  @Override
  public CompletionStage<RegisterResult> register(RegisterModel order) {
    orders.add(order);
    return answer(() -> new RegisterResult(new ModelKey("echo", "1.0"), 1, order.completion()));
  }

  @Override
  public CompletionStage<ScaleResult> scale(ScaleModel order) {
    orders.add(order);
    return answer(
        () -> new ScaleResult(order.model(), order.minWorkers(), ScaleResult.Outcome.DONE));
  }

  @Override
  public CompletionStage<ModelKey> unregister(ModelRef model) {
    orders.add(model);
    return answer(() -> new ModelKey(model.name(), "1.0"));
  }

  @Override
  public void setDefault(ModelKey key) {
    orders.add(key);
    if (refusal != null) {
      throw refusal;
    }
  }

  @Override
  public ModelPage list(int limit, int offset) {
    orders.add(List.of(limit, offset));
    return new ModelPage(List.of(new ModelSummary("echo", "echo.mar")), null);
  }

  @Override
  public @Nullable String onlyModel() {
    throw new UnsupportedOperationException("gRPC's requests name their model");
  }

  @Override
  public @Nullable String modelAt(String location) {
    throw new UnsupportedOperationException("gRPC's requests name their model");
  }

  @Override
  public CompletionStage<List<ModelStatus>> describe(ModelRef model) {
    if (!model.name().equals("echo")) {
      return CompletableFuture.failedStage(
          new ServeException(ErrorKind.MODEL_NOT_FOUND, "Model not found: " + model.name()));
    }
    String version = model.version();
    return answer(() -> List.of(status(version == null ? "1.0" : version)));
  }

  @Override
  public @Nullable String declares(ModelRef ref) {
    return null;
  }

  @Override
  public @Nullable Signature signature(ModelRef ref) {
    return signature;
  }

  @Override
  public List<ModelStatistics> statistics(@Nullable ModelRef ref) {
    ModelCounts counts = new ModelCounts(2, 1, 90, 10, 80, 2, 0, 0, 5);
    return List.of(new ModelStatistics(new ModelKey("echo", "1.0"), counts));
  }

  @Override
  public CompletionStage<List<ModelStatus>> describeAll(String name) {
    return answer(() -> List.of(status("1.0"), status("2.0")));
  }

  @Override
  public CompletionStage<SwapResult> swap(SwapModel order) {
    orders.add(order);
    SwapStep step = new SwapStep(SwapStep.Name.LOAD, Duration.ofMillis(1500));
    return answer(
        () -> new SwapResult(order.name(), "1.0", "2.0", 3, order.keepOld(), List.of(step)));
  }

  @Override
  public Health health() {
    return health;
  }

  @Override
  public Health health(ModelRef model) {
    if (!model.name().equals("echo")) {
      throw new ServeException(ErrorKind.MODEL_NOT_FOUND, "Model not found: " + model.name());
    }
    boolean ready = health.ready() && !"2.0".equals(model.version());
    return new Health(ready, false, List.of());
  }

  private <T> CompletionStage<T> answer(Supplier<T> result) {
    return CompletableFuture.supplyAsync(
        () -> {
          if (refusal != null) {
            throw refusal;
          }
          return result.get();
        },
        ForkJoinPool.commonPool());
  }

  private ModelStatus status(String version) {
    ModelSpec spec =
        ModelSpec.resolve(
            List.of(), new ModelDefaults(1, Duration.ofSeconds(120), Duration.ofSeconds(120), 100));
    WorkerStatus worker =
        new WorkerStatus(9000, Instant.EPOCH, WorkerStatus.State.READY, 0, 1L, null, null, null);
    return new ModelStatus(
        new ModelKey("echo", version),
        "echo.mar",
        "python",
        spec,
        true,
        version.equals("1.0"),
        List.of(worker),
        0,
        false,
        null,
        null,
        null,
        null);
  }
}
