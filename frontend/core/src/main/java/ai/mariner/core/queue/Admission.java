package ai.mariner.core.queue;

import ai.mariner.core.cache.Onward;
import ai.mariner.core.crew.Elasticity;
import ai.mariner.core.crew.Staffing;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.job.Job;
import ai.mariner.core.job.Refusals;
import ai.mariner.core.message.Reply;
import ai.mariner.core.metrics.ModelMetrics;
import java.util.List;

/**
 * Takes into a pool what has passed its entrance: jobs are counted, watched and queued, or told
 * that the queue is full. On the pool's loop.
 */
final class Admission implements Onward {
  private final ModelMetrics metrics;
  private final Refusals refusals;
  private final OpenJobs open;
  private final Backlog backlog;
  private final Answers answers;
  private final Staffing staffing;
  private final Elasticity elasticity;
  private final Runnable changed;

  /** Joins those who have to know of a new job. */
  Admission(
      PoolContext pool,
      OpenJobs open,
      Backlog backlog,
      Answers answers,
      Staffing staffing,
      Elasticity elasticity) {
    this.metrics = pool.metrics();
    this.refusals = pool.refusals();
    this.open = open;
    this.backlog = backlog;
    this.answers = answers;
    this.staffing = staffing;
    this.elasticity = elasticity;
    this.changed = pool.changed();
  }

  @Override
  public void take(Job job) {
    if (!backlog.admit(job)) {
      refuseFull(job);
      return;
    }
    watch(job);
    // The numbers are told when the turn's requests are dispatched.
    backlog.dispatchSoon();
  }

  @Override
  public void follow(Job job, int waiting) {
    if (waiting > backlog.capacity() && !job.request().admitted()) {
      refuseFull(job);
      return;
    }
    watch(job);
    changed.run();
  }

  private void watch(Job job) {
    staffing.wake();
    elasticity.active();
    open.add(job);
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

  @Override
  public void putBack(List<Job> jobs) {
    jobs.forEach(Job::requeued);
    backlog.putBack(jobs);
    backlog.refuseIfHopeless();
    changed.run();
  }

  @Override
  public void reuse(Job job, Reply reply) {
    answers.reuse(job, reply);
  }

  @Override
  public void fail(Job job, Failure failure) {
    answers.fail(job, failure);
  }
}
