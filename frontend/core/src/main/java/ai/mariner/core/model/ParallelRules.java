package ai.mariner.core.model;

import ai.mariner.core.config.CrewOptions;
import ai.mariner.core.config.DeviceType;
import ai.mariner.core.config.ModelSpec;
import ai.mariner.core.config.Parallelism;
import ai.mariner.core.config.ProgramOptions;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.worker.DeviceAllocator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the options of a model whose workers spread over several devices must not ask for. */
final class ParallelRules {
  private static final Logger log = LoggerFactory.getLogger(ParallelRules.class);

  private final int gpuCount;

  /** Makes the rules of a server with so many accelerators. */
  ParallelRules(int gpuCount) {
    this.gpuCount = gpuCount;
  }

  /**
   * Checks the options of a model.
   *
   * @return the options, with as many workers as there are devices for
   * @throws ServeException if they contradict each other or the machine
   */
  ModelSpec applied(ModelKey key, ModelSpec spec) {
    Parallelism parallel = spec.parallelism();
    if (parallel == null) {
      return spec;
    }
    Integer processes = parallel.torchrun().processesPerNode();
    if (processes != null && processes != parallel.level()) {
      throw refused(
          key,
          "parallelLevel: "
              + parallel.level()
              + " (expected: "
              + processes
              + ", torchrun's nproc-per-node; or only one of them)");
    }
    if (parallel.hasRanks()) {
      checkMode(key, spec);
    }
    Integer most = mostWorkers(key, spec);
    if (most == null || spec.maxWorkers() <= most) {
      return spec;
    }
    log.warn(
        "Model {} gets at most {} workers of {} GPUs each (expected: maxWorkers, {})",
        key,
        most,
        parallel.level(),
        spec.maxWorkers());
    return spec.withWorkers(Math.min(spec.minWorkers(), most), most);
  }

  /**
   * How many workers have devices of their own; absent: as many as are wanted.
   *
   * @throws ServeException if there are not enough for one
   */
  @Nullable Integer mostWorkers(ModelKey key, ModelSpec spec) {
    Parallelism parallel = spec.parallelism();
    if (parallel == null) {
      return null;
    }
    DeviceAllocator devices = DeviceAllocator.of(spec.deviceType(), spec.deviceIds(), gpuCount);
    if (devices.isEmpty() && spec.deviceType() != DeviceType.GPU) {
      return null;
    }
    int most = devices.workers(parallel.level());
    if (most == 0) {
      throw refused(
          key,
          "No enough gpu devices for parallelLevel: "
              + parallel.level()
              + " (expected: at most "
              + devices.workers(1)
              + ", or deviceType: cpu)");
    }
    return most;
  }

  /**
   * Checks how many workers a model is to have.
   *
   * @throws ServeException if there are not devices for so many
   */
  void checkWorkers(ModelKey key, ModelSpec spec, int workers) {
    Integer most = mostWorkers(key, spec);
    if (most != null && workers > most) {
      throw new ServeException(
          ErrorKind.BAD_REQUEST,
          "max_worker: "
              + workers
              + " (expected: at most "
              + most
              + ", since each worker of model "
              + key
              + " has GPUs of its own)");
    }
  }

  private static void checkMode(ModelKey key, ModelSpec spec) {
    String mode = null;
    if (spec.require(ProgramOptions.CONTINUOUS_BATCHING)) {
      mode = ProgramOptions.CONTINUOUS_BATCHING.key();
    } else if (spec.require(ProgramOptions.ASYNC_COMMUNICATION)) {
      mode = ProgramOptions.ASYNC_COMMUNICATION.key();
    } else if (spec.prepareAhead()) {
      mode = ProgramOptions.PREPARE_AHEAD.key();
    }
    if (mode != null) {
      String other = CrewOptions.PARALLEL_TYPE.key();
      throw refused(
          key,
          mode
              + ": true, with "
              + other
              + " (expected: only one of them, since the processes of a worker must run the same"
              + " batches in the same order; or "
              + other
              + ": custom)");
    }
  }

  private static ServeException refused(ModelKey key, String text) {
    return new ServeException(ErrorKind.BAD_REQUEST, "Model " + key + ": " + text);
  }
}
