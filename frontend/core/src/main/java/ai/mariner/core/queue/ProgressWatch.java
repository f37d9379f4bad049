package ai.mariner.core.queue;

import ai.mariner.core.time.LazyTimer;
import ai.mariner.core.time.Loop;
import java.util.function.BooleanSupplier;

/**
 * The last line of defence of a pool: notices that requests wait although a worker could run them,
 * and that no batch has begun, moved or ended for longer than any of that may take. Each worker has
 * a watch of its own; this one is for faults that nobody thought of.
 */
final class ProgressWatch {
  private final long limitNanos;
  private final BooleanSupplier waiting;
  private final BooleanSupplier able;
  private final Runnable stalled;
  private final LazyTimer watch;
  private boolean awake;
  private long lastNanos;

  /**
   * Makes a watch that sleeps.
   *
   * @param limitNanos longest time without progress
   * @param waiting whether requests wait
   * @param able whether a worker could take them, or ought to be done with what it has
   * @param stalled told when there was no progress for so long
   */
  ProgressWatch(
      Loop loop, long limitNanos, BooleanSupplier waiting, BooleanSupplier able, Runnable stalled) {
    this.limitNanos = limitNanos;
    this.waiting = waiting;
    this.able = able;
    this.stalled = stalled;
    this.watch = new LazyTimer(loop, () -> lastNanos + limitNanos, this::overdue);
  }

  /** A request waits. */
  void waits(long now) {
    if (!awake) {
      awake = true;
      restart(now);
    }
  }

  /** A batch has begun, moved or ended, or a worker is ready to take one. */
  void progressed(long now) {
    lastNanos = now;
  }

  /** Looks no more. */
  void sleep() {
    awake = false;
    watch.sleep();
  }

  private void restart(long now) {
    lastNanos = now;
    watch.lookBy(now + limitNanos);
  }

  private void overdue(long now) {
    if (!waiting.getAsBoolean()) {
      awake = false;
      return;
    }
    boolean stuck = able.getAsBoolean();
    restart(now);
    if (stuck) {
      stalled.run();
    }
  }
}
