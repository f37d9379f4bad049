package ai.mariner.bench;

import java.util.function.DoubleSupplier;

/**
 * When requests are due, in nanoseconds after the first. Gaps are the same, or exponential around
 * the same mean.
 */
final class Schedule {
  private final double meanNanos;
  private final boolean poisson;
  private final DoubleSupplier random;
  private double dueNanos;

  /**
   * Makes a schedule.
   *
   * @param perSecond mean rate, above 0
   * @param poisson whether gaps are exponential
   * @param random numbers from 0 to below 1
   */
  Schedule(double perSecond, boolean poisson, DoubleSupplier random) {
    this.meanNanos = 1e9 / perSecond;
    this.poisson = poisson;
    this.random = random;
  }

  /** When the next request is due. */
  long dueNanos() {
    return (long) dueNanos;
  }

  /** Goes on to the request after it. */
  void advance() {
    dueNanos += poisson ? -Math.log1p(-random.getAsDouble()) * meanNanos : meanNanos;
  }
}
