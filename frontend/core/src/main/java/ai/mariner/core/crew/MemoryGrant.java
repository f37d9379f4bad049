package ai.mariner.core.crew;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Memory that one more worker was promised, which no look at the machine shows yet: it fills it
 * while it loads. Used on one loop.
 */
final class MemoryGrant {
  private final AtomicLong granted;
  private final long bytes;
  private boolean over;

  /**
   * Makes a grant that counts already.
   *
   * @param granted sum of all grants
   * @param bytes of this one
   */
  MemoryGrant(AtomicLong granted, long bytes) {
    this.granted = granted;
    this.bytes = bytes;
  }

  /** The worker has loaded, or it will not: a look at the machine tells the truth again. */
  void end() {
    if (!over) {
      over = true;
      granted.addAndGet(-bytes);
    }
  }
}
