package ai.mariner.core.scheduling;

import java.util.Comparator;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Jobs that have a deadline, the earliest first. Jobs that have ended are dropped when they come
 * up, or when they are many.
 */
final class DeadlineQueue {
  private static final int SWEEP_FROM = 1024;

  private final PriorityQueue<Job> byDeadline =
      new PriorityQueue<>(Comparator.comparingLong(Job::deadlineNanos));
  private int sweepAt = SWEEP_FROM;

  void add(Job job) {
    if (job.deadlineNanos() == Long.MAX_VALUE) {
      return;
    }
    byDeadline.add(job);
    if (byDeadline.size() > sweepAt) {
      byDeadline.removeIf(Job::ended);
      sweepAt = Math.max(SWEEP_FROM, 2 * byDeadline.size());
    }
  }

  /** The next job whose deadline has passed, taken out; {@code null} if there is none. */
  @Nullable Job pollExpired(long nowNanos) {
    Job first = firstLive();
    return first != null && first.deadlineNanos() - nowNanos <= 0 ? byDeadline.poll() : null;
  }

  /** The earliest deadline, or {@link Long#MAX_VALUE}. */
  long earliest() {
    Job first = firstLive();
    return first == null ? Long.MAX_VALUE : first.deadlineNanos();
  }

  private @Nullable Job firstLive() {
    Job first = byDeadline.peek();
    while (first != null && first.ended()) {
      byDeadline.poll();
      first = byDeadline.peek();
    }
    return first;
  }
}
