package ai.mariner.archive;

import java.net.SocketTimeoutException;
import java.time.Duration;

/** A point in time by which a download must be over. */
final class Deadline {
  private final Duration limit;
  private final long endNanos;

  private Deadline(Duration limit, long endNanos) {
    this.limit = limit;
    this.endNanos = endNanos;
  }

  static Deadline in(Duration limit) {
    return new Deadline(limit, System.nanoTime() + limit.toNanos());
  }

  /**
   * Milliseconds that are left, at least 1 and never more than an {@code int} holds.
   *
   * @throws SocketTimeoutException when none is left
   */
  int remainingMillis() throws SocketTimeoutException {
    long left = (endNanos - System.nanoTime()) / 1_000_000;
    if (left <= 0) {
      throw new SocketTimeoutException("not done within " + limit);
    }
    return (int) Math.min(left, Integer.MAX_VALUE);
  }

  boolean isOver() {
    return endNanos - System.nanoTime() <= 0;
  }

  Duration limit() {
    return limit;
  }
}
