package ai.mariner.core.queue;

import ai.mariner.core.job.Job;
import ai.mariner.core.time.Loop;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Tells of jobs whose deadline passes, at that very time, with one timer for all. */
final class Deadlines {
  private final Loop loop;
  private final Consumer<Job> passed;
  private final ByDeadline queue = new ByDeadline();
  private Loop.@Nullable Timer timer;
  private long timerAt;

  /**
   * Makes deadlines of a pool.
   *
   * @param passed told of each job that has not ended by its deadline
   */
  Deadlines(Loop loop, Consumer<Job> passed) {
    this.loop = loop;
    this.passed = passed;
  }

  /** Watches a job, if it has a deadline. */
  void watch(Job job) {
    if (job.deadlineNanos() != Long.MAX_VALUE) {
      queue.add(job);
      arm();
    }
  }

  /** Forgets the timer of a pool that is done with all its jobs. */
  void sleep() {
    Loop.Timer current = timer;
    if (current != null) {
      current.cancel();
      timer = null;
    }
  }

  private void arm() {
    long earliest = queue.earliest();
    if (earliest == Long.MAX_VALUE || (timer != null && timerAt - earliest <= 0)) {
      return;
    }
    sleep();
    timerAt = earliest;
    timer = loop.schedule(this::expire, earliest - loop.nanoTime());
  }

  private void expire() {
    timer = null;
    long now = loop.nanoTime();
    for (Job job = queue.pollExpired(now); job != null; job = queue.pollExpired(now)) {
      passed.accept(job);
    }
    arm();
  }

  /**
   * Jobs that have a deadline, the earliest first. Jobs that have ended are dropped when they come
   * up, or when they are many.
   */
  private static final class ByDeadline {
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
}
