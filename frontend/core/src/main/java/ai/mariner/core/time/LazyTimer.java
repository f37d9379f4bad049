package ai.mariner.core.time;

import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One timer for a limit that many events put off, of a worker or of a pool. It never comes too
 * late; when it comes too early, because something happened since, it sleeps again. So those events
 * touch no timer.
 */
public final class LazyTimer {
  private final Loop loop;
  private final LongSupplier due;
  private final LongConsumer overdue;
  private Loop.@Nullable Timer timer;
  private long timerAt;

  /**
   * Makes a watch that sleeps.
   *
   * @param due when something has to have happened; {@link Long#MAX_VALUE}: never
   * @param overdue told the time when that has passed
   */
  public LazyTimer(Loop loop, LongSupplier due, LongConsumer overdue) {
    this.loop = loop;
    this.due = due;
    this.overdue = overdue;
  }

  /** Makes sure that the watch looks no later than this. */
  public void lookBy(long atNanos) {
    if (timer != null && timerAt - atNanos <= 0) {
      return;
    }
    sleep();
    timerAt = atNanos;
    timer = loop.schedule(this::look, atNanos - loop.nanoTime());
  }

  /** Looks no more until it is asked to. */
  public void sleep() {
    Loop.Timer current = timer;
    if (current != null) {
      current.cancel();
      timer = null;
    }
  }

  private void look() {
    timer = null;
    long now = loop.nanoTime();
    long at = due.getAsLong();
    if (at == Long.MAX_VALUE) {
      return;
    }
    if (at - now > 0) {
      lookBy(at);
    } else {
      overdue.accept(now);
    }
  }
}
