package ai.mariner.core.message;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Memory that the bodies of all requests under way may take together, on all connections, listeners
 * and APIs. Thread-safe.
 */
public final class InflightBudget {
  private final long limitBytes;
  private final AtomicLong usedBytes = new AtomicLong();

  /**
   * Makes an unused budget.
   *
   * @param limitBytes bytes in all ({@code max_inflight_bytes}), at least 1
   */
  public InflightBudget(long limitBytes) {
    if (limitBytes < 1) {
      throw new IllegalArgumentException("limitBytes: " + limitBytes + " (expected: >= 1)");
    }
    this.limitBytes = limitBytes;
  }

  /** Takes some bytes, or nothing and returns false when they would exceed the limit. */
  public boolean tryAcquire(long bytes) {
    if (usedBytes.addAndGet(bytes) <= limitBytes) {
      return true;
    }
    usedBytes.addAndGet(-bytes);
    return false;
  }

  /**
   * Takes some bytes in any case: those of a request that was let in before. New requests find the
   * less.
   */
  public void charge(long bytes) {
    usedBytes.addAndGet(bytes);
  }

  /** What a request is told that finds no room. */
  public Failure refusal() {
    return Failure.of(
        ErrorKind.QUEUE_FULL,
        "The bodies of all requests under way fill max_inflight_bytes ("
            + limitBytes
            + " bytes); try again later.");
  }

  /** Gives back what was taken. */
  public void release(long bytes) {
    usedBytes.addAndGet(-bytes);
  }

  /** Bytes in use. */
  public long usedBytes() {
    return usedBytes.get();
  }
}
