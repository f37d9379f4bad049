package ai.mariner.core.crew;

import ai.mariner.core.time.LazyTimer;
import ai.mariner.core.time.Loop;
import java.util.function.BooleanSupplier;

/** Notices that a pool has had nothing to do for a while. On the pool's loop. */
final class IdleWatch {
  private final Loop loop;
  private final long afterNanos;
  private final BooleanSupplier idle;
  private final Runnable unload;
  private final LazyTimer watch;
  private long lastNanos;
  private boolean asleep;

  /**
   * Makes a watch that sleeps until something is done.
   *
   * @param afterNanos time without requests after which the pool is unloaded
   * @param idle whether the pool could be unloaded now
   * @param unload told when that time has passed
   */
  IdleWatch(Loop loop, long afterNanos, BooleanSupplier idle, Runnable unload) {
    this.loop = loop;
    this.afterNanos = afterNanos;
    this.idle = idle;
    this.unload = unload;
    this.watch = new LazyTimer(loop, () -> lastNanos + this.afterNanos, this::overdue);
  }

  /** A request came or ended, or a worker is ready. */
  void active() {
    if (!asleep) {
      lastNanos = loop.nanoTime();
      watch.lookBy(lastNanos + afterNanos);
    }
  }

  /** Looks no more. */
  void sleep() {
    asleep = true;
    watch.sleep();
  }

  private void overdue(long now) {
    if (idle.getAsBoolean()) {
      unload.run();
    } else {
      active();
    }
  }
}
