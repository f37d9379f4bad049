package ai.mariner.core.testing;

import ai.mariner.core.config.IntakeLimits;
import ai.mariner.core.config.LimitsConfig;
import ai.mariner.core.config.MetricsConfig;
import ai.mariner.core.config.MetricsMode;
import ai.mariner.core.config.ModelDefaults;
import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.ModelSpec;
import ai.mariner.core.config.StandardMetrics;
import ai.mariner.core.config.WorkerConfig;
import ai.mariner.core.crew.MemoryWatch;
import ai.mariner.core.crew.WorkerFactory;
import ai.mariner.core.message.RequestLabel;
import ai.mariner.core.seat.WorkerGroups;
import ai.mariner.core.worker.WorkerLauncher;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;

/** Configurations with good defaults. */
public final class Configs {
  /** Options of a model that says nothing. */
  public static final ModelDefaults MODEL_DEFAULTS =
      new ModelDefaults(1, Duration.ofSeconds(120), Duration.ofSeconds(120), 100);

  /** Nothing but the page, and no look at the system. */
  public static final MetricsConfig METRICS =
      new MetricsConfig(
          MetricsMode.PROMETHEUS,
          null,
          null,
          StandardMetrics.OF_MODELS,
          true,
          1000,
          Duration.ofSeconds(60),
          null,
          null);

  private Configs() {}

  /** Options of a model that says so much. */
  public static ModelSpec spec(ModelOverrides.Builder said) {
    return ModelSpec.resolve(List.of(said.build()), MODEL_DEFAULTS);
  }

  /** Limits as the server has them. */
  public static LimitsConfig limits() {
    return limits(6_553_500, 6_553_500);
  }

  /** The same with other bounds of a request's body and an answer. */
  public static LimitsConfig limits(int maxRequestBytes, int maxResponseBytes) {
    return new LimitsConfig(
        maxRequestBytes,
        maxResponseBytes,
        256L << 20,
        1L << 20,
        Duration.ofSeconds(30),
        Duration.ofSeconds(15),
        Duration.ofSeconds(30),
        8192,
        Duration.ofSeconds(60),
        new IntakeLimits(200, Duration.ofSeconds(30), 240, Duration.ofSeconds(5)),
        4L << 30,
        100_000,
        4L << 30,
        Duration.ofSeconds(60));
  }

  /** Processes in this folder, without accelerators, the first worker being 9000. */
  public static WorkerConfig worker(Path directory) {
    return worker(directory, 0);
  }

  /** Processes in this folder with so many accelerators. */
  public static WorkerConfig worker(Path directory, int gpuCount) {
    return new WorkerConfig(
        directory.resolve("python"),
        directory,
        directory,
        9000,
        List.of(),
        List.of(),
        null,
        null,
        true,
        true,
        true,
        "null",
        gpuCount,
        Duration.ofSeconds(10),
        Duration.ofSeconds(5),
        Duration.ofSeconds(20),
        Map.of(),
        Duration.ofNanos(200_000));
  }

  /** A server of the {@code mariner} profile on free loopback ports. */
  public static ServerConfigBuilder server(Path directory) {
    return new ServerConfigBuilder(directory);
  }

  /** What workers share: groups without members, numbers from the first on, the same dice. */
  public static WorkerFactory.Shared workers(
      WorkerLauncher launcher, WorkerConfig config, LimitsConfig limits, MemoryWatch memory) {
    AtomicInteger workerIds = new AtomicInteger(config.firstWorkerId());
    return new WorkerFactory.Shared(
        launcher,
        new WorkerGroups(launcher, workerIds, Path.of("run"), Duration.ofSeconds(60)),
        config,
        limits,
        new RequestLabel(42),
        workerIds,
        () -> Instant.EPOCH,
        memory,
        new Random(42));
  }
}
