package ai.mariner.core.queue;

import ai.mariner.core.config.BatchPolicy;
import ai.mariner.core.config.ModelSpec;
import ai.mariner.core.config.ProgramOptions;
import ai.mariner.core.process.RunMode;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a model's options say of its sequences.
 *
 * @param batchSize most requests in a batch, each of another sequence
 * @param windowNanos longest wait for a batch to fill; 0: none
 * @param capacity most waiting requests of all sequences
 * @param perSequence most waiting requests of one, beside the one that runs or is the next to run
 * @param most most sequences at once; absent: {@code perWorker} for each worker
 * @param perWorker requests that one worker can run at once
 * @param maxIdleNanos longest pause of a sequence; 0: any
 * @param timeoutNanos longest life of a sequence; 0: any
 */
record SequenceLimits(
    int batchSize,
    long windowNanos,
    int capacity,
    int perSequence,
    @Nullable Integer most,
    int perWorker,
    long maxIdleNanos,
    long timeoutNanos) {
  /** Longer is for ever; sums must not overflow. */
  private static final long LONGEST_NANOS = Long.MAX_VALUE >> 2;

  static SequenceLimits of(ModelSpec spec) {
    RunMode mode = RunMode.of(spec);
    boolean window = spec.batchPolicy() == BatchPolicy.WINDOW && mode.runSize() > 1;
    Integer waiting = spec.get(ProgramOptions.MAX_SEQUENCE_JOB_QUEUE_SIZE);
    return new SequenceLimits(
        mode.runSize(),
        window ? nanos(spec.maxBatchDelay()) : 0,
        spec.jobQueueSize(),
        waiting == null ? 1 : waiting,
        spec.get(ProgramOptions.MAX_NUM_SEQUENCE),
        mode.runSize() * mode.concurrency(),
        nanos(spec.get(ProgramOptions.SEQUENCE_MAX_IDLE)),
        nanos(spec.get(ProgramOptions.SEQUENCE_TIMEOUT)));
  }

  private static long nanos(@Nullable Duration duration) {
    if (duration == null) {
      return 0;
    }
    return duration.toSeconds() >= LONGEST_NANOS / 1_000_000_000L
        ? LONGEST_NANOS
        : duration.toNanos();
  }

  /** Most sequences at once with so many workers. */
  int most(int workers) {
    return most == null ? Math.max(1, workers) * perWorker : most;
  }

  /** The shortest time after which a sequence may end by itself; 0: none does. */
  long shortestNanos() {
    return maxIdleNanos == 0 || timeoutNanos == 0
        ? Math.max(maxIdleNanos, timeoutNanos)
        : Math.min(maxIdleNanos, timeoutNanos);
  }
}
