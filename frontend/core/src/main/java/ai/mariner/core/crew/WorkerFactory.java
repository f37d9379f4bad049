package ai.mariner.core.crew;

import ai.mariner.core.config.LimitsConfig;
import ai.mariner.core.config.ModelSpec;
import ai.mariner.core.config.Parallelism;
import ai.mariner.core.config.WorkerConfig;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.message.RequestLabel;
import ai.mariner.core.process.RunMode;
import ai.mariner.core.process.WarmupSample;
import ai.mariner.core.process.Worker;
import ai.mariner.core.process.WorkerHost;
import ai.mariner.core.process.WorkerPlan;
import ai.mariner.core.seat.WorkerGroups;
import ai.mariner.core.time.Loop;
import ai.mariner.core.worker.DeviceAllocator;
import ai.mariner.core.worker.PythonEnvironment;
import ai.mariner.core.worker.RestartPolicy;
import ai.mariner.core.worker.Spread;
import ai.mariner.core.worker.WorkerLauncher;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Makes the workers of one model version. */
public final class WorkerFactory {
  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(5);

  private final Shared shared;
  private final Program program;
  private final ModelSpec spec;
  private final DeviceAllocator devices;
  private final WorkerLauncher launcher;

  /**
   * What all factories of a server share.
   *
   * @param launcher starts processes
   * @param groups models that share processes
   * @param config how processes are started and watched
   * @param limits what a reply may use up
   * @param labels labels of requests without one
   * @param workerIds numbers of workers, never used twice
   * @param clock wall clock
   * @param memory of worker processes and the machine
   * @param random spreads what should not happen at the same time
   */
  public record Shared(
      WorkerLauncher launcher,
      WorkerGroups groups,
      WorkerConfig config,
      LimitsConfig limits,
      RequestLabel labels,
      AtomicInteger workerIds,
      InstantSource clock,
      MemoryWatch memory,
      RandomGenerator random) {}

  /**
   * What the workers run.
   *
   * @param key registered name and version
   * @param directory folder of the model's files
   * @param runtime runtime of the manifest
   * @param handler handler
   * @param envelope request envelope; absent: none
   * @param warmup sample requests that each process answers before it is ready
   * @param routes names of the routes that it is on, which requests point at
   * @param environment what it has of Python of its own; absent: nothing
   */
  public record Program(
      ModelKey key,
      Path directory,
      String runtime,
      String handler,
      @Nullable String envelope,
      List<WarmupSample> warmup,
      List<String> routes,
      @Nullable PythonEnvironment environment) {
    /** A program on no route that needs no warm-up and no packages of its own. */
    public Program(
        ModelKey key, Path directory, String runtime, String handler, @Nullable String envelope) {
      this(key, directory, runtime, handler, envelope, List.of(), List.of(), null);
    }
  }

  /**
   * Makes a factory.
   *
   * @param shared what all factories share
   * @param program what the workers run
   * @param spec options of the model
   */
  public WorkerFactory(Shared shared, Program program, ModelSpec spec) {
    this.shared = shared;
    this.program = program;
    this.spec = spec;
    this.devices =
        DeviceAllocator.of(spec.deviceType(), spec.deviceIds(), shared.config().gpuCount());
    String group = spec.workerGroup();
    this.launcher = group == null ? shared.launcher() : shared.groups().member(group);
  }

  /**
   * A new worker, not started yet.
   *
   * @param place its place among the workers of the pool, from 0
   */
  public Worker create(int place, Loop loop, WorkerHost host) {
    Spread spread = spread(place);
    Integer gpu = spread == null ? devices.device(place) : spread.firstDevice();
    WorkerConfig config = shared.config();
    WorkerPlan plan =
        new WorkerPlan(
            shared.workerIds().getAndIncrement(),
            place,
            program.key(),
            program.directory(),
            program.runtime(),
            gpu,
            spread,
            program.environment(),
            loadFields(place, spread == null || gpu == null ? gpu : Integer.valueOf(0)),
            program.warmup(),
            RunMode.of(spec),
            config.connectTimeout(),
            spec.startupTimeout(),
            spec.responseTimeout(),
            config.heartbeatInterval(),
            config.heartbeatTimeout(),
            STOP_TIMEOUT,
            RestartPolicy.STANDARD,
            shared.clock());
    return new Worker(plan, launcher, loop, host);
  }

  private @Nullable Spread spread(int place) {
    Parallelism parallel = spec.parallelism();
    if (parallel == null) {
      return null;
    }
    return new Spread(
        parallel.level(),
        devices.devices(place, parallel.level()),
        parallel.hasRanks() ? parallel.torchrun() : null);
  }

  public MemoryWatch memory() {
    return shared.memory();
  }

  RandomGenerator random() {
    return shared.random();
  }

  /**
   * Fields of the LOAD frame, as proto/wire names them.
   *
   * @param place its place among the workers of the pool, from 0
   * @param gpu device as the process counts them: of several it sees no others
   */
  private Map<String, String> loadFields(int place, @Nullable Integer gpu) {
    Map<String, String> fields = new HashMap<>(spec.loadFields());
    fields.put("model_name", program.key().name());
    fields.put("model_version", program.key().version());
    fields.put("model_dir", program.directory().toString());
    fields.put("handler", program.handler());
    fields.put("worker_number", Integer.toString(place + 1));
    if (!program.routes().isEmpty()) {
      fields.put("routes", String.join("\n", program.routes()));
    }
    if (program.envelope() != null) {
      fields.put("envelope", program.envelope());
    }
    PythonEnvironment environment = program.environment();
    if (environment != null && environment.complete()) {
      fields.put("requirements", "installed");
    }
    if (gpu != null) {
      fields.put("gpu_id", gpu.toString());
    }
    RunMode mode = RunMode.of(spec);
    if (mode.open()) {
      fields.put("mode", mode.mode().word());
      fields.put("concurrency", Integer.toString(mode.concurrency()));
    }
    WorkerConfig config = shared.config();
    fields.put("limit_max_image_pixels", Boolean.toString(config.limitMaxImagePixels()));
    fields.put("decode_input_request", Boolean.toString(config.decodeInputRequest()));
    if (!config.allowPickle()) {
      fields.put("allow_pickle", "false");
    }
    fields.putIfAbsent("non_finite", config.nonFinite());
    fields.put("max_response_size", Integer.toString(shared.limits().maxResponseBytes()));
    fields.put("label_prefix", shared.labels().prefixHex());
    if (!config.busyPoll().isZero()) {
      fields.put("busy_poll_micros", Long.toString(config.busyPoll().toNanos() / 1000));
    }
    return fields;
  }
}
