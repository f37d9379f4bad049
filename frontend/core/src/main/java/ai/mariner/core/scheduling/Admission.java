package ai.mariner.core.scheduling;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.metrics.ModelMetrics;
import java.util.List;

/**
 * Takes into a pool what has passed its entrance: jobs are counted, watched and queued, or told
 * that the queue is full. On the pool's loop.
 */
final class Admission {
  private final ModelMetrics metrics;
  private final Refusals refusals;
  private final OpenJobs open;
  private final Backlog backlog;
  private final Staffing staffing;
  private final Elasticity elasticity;
  private final Runnable changed;

  /** Joins those who have to know of a new job. */
  Admission(
      PoolContext pool, OpenJobs open, Backlog backlog, Staffing staffing, Elasticity elasticity) {
    this.metrics = pool.metrics();
    this.refusals = pool.refusals();
    this.open = open;
    this.backlog = backlog;
    this.staffing = staffing;
    this.elasticity = elasticity;
    this.changed = pool.changed();
  }

  /** Queues a job, or tells it that the queue is full. */
  void take(Job job) {
    if (!backlog.admit(job)) {
      refuseFull(job);
      return;
    }
    watch(job);
    backlog.dispatchSoon();
  }

  /**
   * Counts a job that waits for another one's answer, and watches its deadline and its client, or
   * tells it that the queue is full.
   *
   * @param waiting jobs that wait like this, with this one
   */
  void follow(Job job, int waiting) {
    if (waiting > backlog.capacity()) {
      refuseFull(job);
      return;
    }
    watch(job);
  }

  private void watch(Job job) {
    staffing.wake();
    elasticity.active();
    open.add(job);
    changed.run();
  }

  private void refuseFull(Job job) {
    job.end();
    metrics.failed(ErrorKind.QUEUE_FULL);
    job.sink().fail(refusals.queueFull(backlog.size(), backlog.capacity()));
  }

  /** A request was answered without a worker. */
  void answered() {
    elasticity.active();
  }

  /** Queues jobs that were taken before, ahead of those that wait. */
  void putBack(List<Job> jobs) {
    jobs.forEach(Job::requeued);
    backlog.putBack(jobs);
    backlog.refuseIfHopeless();
    changed.run();
  }
}
