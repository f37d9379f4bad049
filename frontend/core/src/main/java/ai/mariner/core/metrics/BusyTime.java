package ai.mariner.core.metrics;

/**
 * How long a model's workers were busy, all together, up to any moment: what has not ended counts
 * as far as it has come. Thread-safe.
 */
public final class BusyTime {
  private double busy;
  private double nanos;
  private long since;

  /** From now on so many workers are busy. */
  public synchronized void set(double workers, long now) {
    advance(now);
    busy = workers;
  }

  /** Nanoseconds of work until now; never less than before. */
  public synchronized double nanos(long now) {
    advance(now);
    return nanos;
  }

  private void advance(long now) {
    if (busy > 0) {
      nanos += busy * Math.max(0, now - since);
    }
    since = now;
  }
}
