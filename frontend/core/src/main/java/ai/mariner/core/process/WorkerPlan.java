package ai.mariner.core.process;

import ai.mariner.core.message.ModelKey;
import ai.mariner.core.worker.PythonEnvironment;
import ai.mariner.core.worker.RestartPolicy;
import ai.mariner.core.worker.Spread;
import ai.mariner.core.worker.WorkerLaunch;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a worker is for and how long it may take.
 *
 * @param workerId number of the worker
 * @param place its place among the workers of its model, which decides on its device
 * @param model model that it serves
 * @param directory working directory
 * @param runtime runtime of the manifest
 * @param gpuId accelerator, the first of several; absent: none
 * @param spread how the worker spreads over devices; absent: one process on one device
 * @param environment what its model has of Python of its own; absent: nothing
 * @param loadFields fields of the LOAD command
 * @param warmup sample requests that a process answers before it is ready
 * @param runMode how it runs the model
 * @param connectTimeout longest start of the process
 * @param startupTimeout longest load, with its warm-up
 * @param responseTimeout longest run, or pause between two pieces
 * @param heartbeatInterval how often an idle worker is asked for a sign of life
 * @param heartbeatTimeout how long it may take to give it
 * @param stopTimeout how long it may take to exit when asked
 * @param restarts when to start again after a loss
 * @param clock wall clock, for status calls
 */
public record WorkerPlan(
    int workerId,
    int place,
    ModelKey model,
    Path directory,
    String runtime,
    @Nullable Integer gpuId,
    @Nullable Spread spread,
    @Nullable PythonEnvironment environment,
    Map<String, String> loadFields,
    List<WarmupSample> warmup,
    RunMode runMode,
    Duration connectTimeout,
    Duration startupTimeout,
    Duration responseTimeout,
    Duration heartbeatInterval,
    Duration heartbeatTimeout,
    Duration stopTimeout,
    RestartPolicy restarts,
    InstantSource clock) {
  /** Handle of the one model that a worker hosts. */
  static final int MODEL_HANDLE = 1;

  /** How long the end of a connection waits for the exit code of its process. */
  private static final Duration EXIT_GRACE = Duration.ofMillis(200);

  /** The same when torchrun has to find out which of its processes ended, and to end the others. */
  private static final Duration GROUP_EXIT_GRACE = Duration.ofSeconds(10);

  /** How long a hung process has to write its stacks. */
  public static final Duration STACKS_GRACE = Duration.ofMillis(300);

  /** How long a killed process has to end before it is given up. */
  static final Duration KILL_GRACE = Duration.ofSeconds(10);

  /** How long the end of a connection waits for the exit code of its process. */
  Duration exitGrace() {
    return spread != null && spread.torchrun() != null ? GROUP_EXIT_GRACE : EXIT_GRACE;
  }

  WorkerLaunch launch(int generation) {
    return new WorkerLaunch(
        workerId, generation, model, directory, runtime, gpuId, spread, environment);
  }
}
