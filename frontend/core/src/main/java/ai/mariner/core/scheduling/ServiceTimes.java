package ai.mariner.core.scheduling;

/**
 * How long a worker's runs take, as a running estimate that follows slow runs at once and fast ones
 * slowly. Decides how many runs may be sent ahead to hide the round trip: many when runs are short,
 * none when they are long or not steady.
 */
final class ServiceTimes {
  private static final long STEADY_NANOS = 5_000_000;
  private static final long SHORT_NANOS = 1_000_000;
  private static final int SAMPLES_NEEDED = 8;

  private long estimateNanos;
  private int samples;

  void add(long nanos) {
    samples++;
    estimateNanos = nanos > estimateNanos ? nanos : estimateNanos - ((estimateNanos - nanos) >> 4);
  }

  /** Runs that may be with the worker at once, the one it works on included. */
  int depth(int batchSize) {
    if (samples < SAMPLES_NEEDED || estimateNanos >= STEADY_NANOS) {
      return 1;
    }
    return batchSize == 1 && shortRuns() ? 8 : 2;
  }

  /** Whether a round trip shows beside a run. */
  boolean shortRuns() {
    return estimateNanos < SHORT_NANOS;
  }
}
