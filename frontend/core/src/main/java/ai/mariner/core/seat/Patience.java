package ai.mariner.core.seat;

import ai.mariner.core.time.LazyTimer;
import ai.mariner.core.time.Loop;
import java.time.Duration;

/** How long a shared process may take for what no worker waits for. On the loop. */
final class Patience {
  private final Loop loop;
  private final LazyTimer watch;
  private long endNanos = Long.MAX_VALUE;

  /**
   * Without an end until something is waited for.
   *
   * @param overdue called when that took too long
   */
  Patience(Loop loop, Runnable overdue) {
    this.loop = loop;
    this.watch = new LazyTimer(loop, () -> endNanos, now -> overdue.run());
  }

  /** Something has to be over within this time, whatever was waited for before. */
  void endsIn(Duration time) {
    endNanos = loop.nanoTime() + time.toNanos();
    watch.lookBy(endNanos);
  }

  /** Nothing is waited for any more. */
  void isEndless() {
    endNanos = Long.MAX_VALUE;
    watch.sleep();
  }
}
