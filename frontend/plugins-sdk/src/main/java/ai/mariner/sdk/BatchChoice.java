package ai.mariner.sdk;

/** What a {@link BatchingPolicy} wants: a batch now, or to be asked again later. Immutable. */
public final class BatchChoice {
  private final int requests;
  private final long waitNanos;

  private BatchChoice(int requests, long waitNanos) {
    this.requests = requests;
    this.waitNanos = waitNanos;
  }

  /**
   * Runs a batch now.
   *
   * @param requests most requests in it, at least 1, at most the batch size; fewer run if fewer
   *     wait
   */
  public static BatchChoice take(int requests) {
    return new BatchChoice(requests, 0);
  }

  /**
   * Waits. The policy is asked again after this time, and before whenever a request arrives or a
   * worker becomes free.
   *
   * @param nanos time, at least 1
   */
  public static BatchChoice waitFor(long nanos) {
    return new BatchChoice(0, nanos);
  }

  /** Most requests of the batch; 0: it waits. */
  public int requests() {
    return requests;
  }

  /** Time to wait in nanoseconds; 0: a batch runs. */
  public long waitNanos() {
    return waitNanos;
  }
}
