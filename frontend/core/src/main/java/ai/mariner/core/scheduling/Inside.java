package ai.mariner.core.scheduling;

import java.util.List;

/** What lies behind the entrance of a pool. On the pool's loop. */
interface Inside {
  /** Queues a job, or tells it that the queue is full. */
  void take(Job job);

  /**
   * Counts a job that waits for another one's answer, and watches its deadline and its client, or
   * tells it that the queue is full.
   *
   * @param waiting jobs that wait like this, with this one
   */
  void follow(Job job, int waiting);

  /** A request was answered without a worker. */
  void answered();

  /** Queues jobs that were taken before, ahead of those that wait. */
  void putBack(List<Job> jobs);
}
