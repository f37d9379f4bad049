package ai.mariner.core.cache;

import ai.mariner.core.error.Failure;
import ai.mariner.core.job.Job;
import ai.mariner.core.message.Reply;
import java.util.List;

/** Where requests go that the cache does not answer, and where those end that it does. */
public interface Onward {
  /** Queues a job, or refuses it because the queue is full. */
  void take(Job job);

  /**
   * Counts a job that waits for another one's answer, or refuses it because the queue is full.
   *
   * @param waiting jobs that wait like this, with this one
   */
  void follow(Job job, int waiting);

  /** Queues jobs that were taken before, ahead of those that wait. */
  void putBack(List<Job> jobs);

  /** Ends a job with an answer that was made for another one, unless it has ended. */
  void reuse(Job job, Reply reply);

  /** Ends a job with a failure, unless it has ended. */
  void fail(Job job, Failure failure);
}
