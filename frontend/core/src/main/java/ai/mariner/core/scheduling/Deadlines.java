package ai.mariner.core.scheduling;

import ai.mariner.core.time.Loop;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Tells of jobs whose deadline passes, at that very time, with one timer for all. */
final class Deadlines {
  private final Loop loop;
  private final Consumer<Job> passed;
  private final DeadlineQueue queue = new DeadlineQueue();
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
}
