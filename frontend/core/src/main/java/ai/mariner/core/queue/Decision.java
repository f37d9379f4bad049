package ai.mariner.core.queue;

import ai.mariner.core.job.Job;
import java.util.List;

/** What a batcher wants done next. */
sealed interface Decision {
  /** Nothing waits. */
  Decision IDLE = new Idle();

  /**
   * Run these jobs as one batch.
   *
   * @param jobs at least one, all of the same operation, in order of arrival
   */
  record Dispatch(List<Job> jobs) implements Decision {}

  /**
   * Ask again at this time, or when something changes before.
   *
   * @param atNanos in the loop's time
   */
  record WaitUntil(long atNanos) implements Decision {}

  /** Nothing waits. */
  record Idle() implements Decision {}
}
