package ai.mariner.core.process;

import ai.mariner.core.config.ModelSpec;
import ai.mariner.core.config.ProgramOptions;
import ai.mariner.core.worker.WorkerMode;

/**
 * How the workers of a model run it.
 *
 * @param mode in order, several at once, or in one running batch
 * @param concurrency most runs at once; 1 for {@link WorkerMode#SERIAL}
 * @param runSize most requests in a run
 */
public record RunMode(WorkerMode mode, int concurrency, int runSize) {
  /** The mode that a model's options ask for. */
  public static RunMode of(ModelSpec spec) {
    if (spec.require(ProgramOptions.CONTINUOUS_BATCHING)) {
      return new RunMode(WorkerMode.CONTINUOUS, spec.batchSize(), 1);
    }
    if (spec.require(ProgramOptions.ASYNC_COMMUNICATION)) {
      return new RunMode(WorkerMode.CONCURRENT, spec.require(ProgramOptions.ASYNC_CONCURRENCY), 1);
    }
    return new RunMode(WorkerMode.SERIAL, 1, spec.batchSize());
  }

  /** Whether several runs are under way at once. */
  public boolean open() {
    return mode != WorkerMode.SERIAL;
  }
}
