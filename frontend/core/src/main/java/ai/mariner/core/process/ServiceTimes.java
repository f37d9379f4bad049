package ai.mariner.core.process;

/**
 * How long a worker's runs take. Decides how many runs may be sent ahead to hide the round trip:
 * many when runs are short, one when nobody could serve it sooner, none when some of late were
 * long.
 *
 * <p>A worker sends the answers of short runs together. Then the first of them seems to have taken
 * the time of all and the others none; the mean is right nevertheless.
 */
final class ServiceTimes {
  private static final long STEADY_NANOS = 5_000_000;
  private static final long SHORT_NANOS = 1_000_000;

  /** Beside a longer run a round trip is small, and what went ahead can't go elsewhere any more. */
  private static final long LONG_NANOS = 250_000_000;

  private static final int SAMPLES_NEEDED = 8;

  /** So much that the worker has something to do while the loop tells a group of its answers. */
  private static final int MOST_RUNS = 128;

  private static final long AHEAD_NANOS = 3_000_000;

  /** Less, since what was sent ahead can't go to another worker that is free sooner. */
  private static final int MOST_RUNS_AMONG_OTHERS = 8;

  private static final long AHEAD_NANOS_AMONG_OTHERS = 1_000_000;

  /** Follows slow runs at once and fast ones slowly. */
  private long peakNanos;

  private long meanNanos;
  private int samples;

  void add(long nanos) {
    peakNanos = nanos > peakNanos ? nanos : peakNanos - ((peakNanos - nanos) >> 4);
    meanNanos = samples == 0 ? nanos : meanNanos + (nanos - meanNanos) / 32;
    samples++;
  }

  /**
   * Runs that may be with the worker at once, the one it works on included. Of single requests as
   * many as take some milliseconds together, so that one system call on each side serves several.
   *
   * @param batchSize most requests in a batch
   * @param certain whether what waits goes to this worker in any case, and in this order
   */
  int depth(int batchSize, boolean certain) {
    if (samples < SAMPLES_NEEDED || peakNanos >= LONG_NANOS) {
      return 1;
    }
    if (peakNanos >= STEADY_NANOS) {
      return certain ? 2 : 1;
    }
    if (batchSize > 1 || meanNanos > SHORT_NANOS / 2) {
      return 2;
    }
    int most = certain ? MOST_RUNS : MOST_RUNS_AMONG_OTHERS;
    long ahead = certain ? AHEAD_NANOS : AHEAD_NANOS_AMONG_OTHERS;
    return (int) Math.min(most, ahead / Math.max(1, meanNanos));
  }

  /** Whether a round trip shows beside a run. */
  boolean shortRuns() {
    return meanNanos < SHORT_NANOS;
  }
}
