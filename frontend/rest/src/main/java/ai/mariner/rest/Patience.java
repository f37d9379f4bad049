package ai.mariner.rest;

import java.time.Duration;

/**
 * A client that was answered may still send what nobody wants. It is read for a while, so that the
 * answer arrives and the connection can go on, but neither for long, nor much, nor through a pause.
 */
final class Patience {
  /** How much is read. */
  static final long MOST_BYTES = 1 << 20;

  /** How much is read from a connection that ends: closing it early would lose the answer. */
  static final long MOST_BYTES_AT_END = 64 << 20;

  /** The pause that ends it. */
  static final long PAUSE_NANOS = Duration.ofSeconds(2).toNanos();

  private static final long LONGEST_NANOS = Duration.ofSeconds(5).toNanos();

  private boolean begun;
  private long beganNanos;
  private long quietSinceNanos;
  private long bytes;

  /**
   * Whether it is over.
   *
   * @param bytesSoFar how much came until now, of any beginning
   * @param nowNanos now
   */
  boolean isOver(long bytesSoFar, long nowNanos) {
    if (!begun) {
      begun = true;
      beganNanos = nowNanos;
      quietSinceNanos = nowNanos;
    } else if (bytesSoFar != bytes) {
      quietSinceNanos = nowNanos;
    }
    bytes = bytesSoFar;
    return nowNanos - quietSinceNanos >= PAUSE_NANOS || nowNanos - beganNanos >= LONGEST_NANOS;
  }
}
