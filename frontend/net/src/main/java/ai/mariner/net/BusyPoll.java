package ai.mariner.net;

import io.netty.channel.SelectStrategy;
import io.netty.util.IntSupplier;
import java.util.function.LongSupplier;

/**
 * Looks for events for a moment before its loop goes to sleep, since to wake a thread costs more
 * than a small request. It goes on as long as this finds something: when most looks are in vain,
 * because requests are rare or slow, the loop sleeps at once and looks now and then only. One for
 * each loop.
 */
final class BusyPoll implements SelectStrategy {
  /** Looks in vain, over those that found something, after which the loop sleeps at once. */
  private static final int PATIENCE = 16;

  /** While the loop sleeps at once, one sleep of so many is preceded by a look all the same. */
  private static final int PROBE_INTERVAL = 64;

  private final long budgetNanos;
  private final LongSupplier clock;
  private boolean looking;
  private long sinceNanos;
  private int trust = PATIENCE;
  private int sleeps;

  /**
   * A strategy.
   *
   * @param budgetNanos longest look
   * @param clock monotonic, in nanoseconds
   */
  BusyPoll(long budgetNanos, LongSupplier clock) {
    this.budgetNanos = budgetNanos;
    this.clock = clock;
  }

  @Override
  public int calculateStrategy(IntSupplier selectNow, boolean hasTasks) throws Exception {
    if (hasTasks) {
      looking = false;
      return selectNow.get();
    }
    if (!looking) {
      if (trust == 0 && ++sleeps % PROBE_INTERVAL != 0) {
        return SelectStrategy.SELECT;
      }
      looking = true;
      sinceNanos = clock.getAsLong();
    }
    int events = selectNow.get();
    if (events > 0) {
      looking = false;
      trust = Math.min(PATIENCE, trust + 1);
      return events;
    }
    if (clock.getAsLong() - sinceNanos < budgetNanos) {
      return SelectStrategy.CONTINUE;
    }
    looking = false;
    trust = Math.max(0, trust - 2);
    return SelectStrategy.SELECT;
  }
}
