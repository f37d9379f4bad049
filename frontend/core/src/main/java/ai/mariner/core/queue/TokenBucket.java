package ai.mariner.core.queue;

import ai.mariner.core.config.RateLimit;

/**
 * Lets so many requests a second pass in the long run, and so many at once after a pause. Pure: no
 * clock, no threads.
 *
 * <p>Instead of tokens it keeps the time at which the bucket would be full again; each request
 * moves it on by what one token takes to come.
 */
final class TokenBucket {
  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  private final RateLimit limit;
  private final long tokenNanos;
  private final long bucketNanos;
  private long fullAtNanos;

  /**
   * Makes a full bucket.
   *
   * @param limit what passes
   * @param nowNanos time
   */
  TokenBucket(RateLimit limit, long nowNanos) {
    this.limit = limit;
    this.tokenNanos = Math.max(1, NANOS_PER_SECOND / limit.perSecond());
    this.bucketNanos = tokenNanos * limit.burst();
    this.fullAtNanos = nowNanos;
  }

  /** What passes. */
  RateLimit limit() {
    return limit;
  }

  /** Takes a token; false if there is none. */
  boolean take(long nowNanos) {
    long start = fullAtNanos - nowNanos < 0 ? nowNanos : fullAtNanos;
    if (start + tokenNanos - nowNanos > bucketNanos) {
      return false;
    }
    fullAtNanos = start + tokenNanos;
    return true;
  }
}
