package ai.mariner.core.queue;

import ai.mariner.core.cache.Onward;
import ai.mariner.core.config.ProgramOptions;
import ai.mariner.core.crew.Elasticity;
import ai.mariner.core.crew.Staffing;
import ai.mariner.core.crew.WorkerSet;
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
  private final WorkerSet workers;
  private final boolean tickets;

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
    this.workers = pool.workers();
    this.tickets = pool.spec().require(ProgramOptions.USE_JOB_TICKET);
  }

  @Override
  public void take(Job job) {
    if (tickets && !ticket(job)) {
      refuse(job, refusals.noneIdle());
      return;
    }
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

  /**
   * Whether a worker has room for it that is nobody else's already. The first request for a model
   * that was unloaded waits for the workers that it has started; steps of a graph were let in at
   * its edge.
   */
  private boolean ticket(Job job) {
    return job.request().admitted() || staffing.isUnloaded() || backlog.size() < workers.room();
  }

  private void refuseFull(Job job) {
    refuse(job, refusals.queueFull(backlog.size(), backlog.capacity()));
  }

  private void refuse(Job job, Failure failure) {
    job.end();
    metrics.failed(failure.kind());
    job.sink().fail(failure);
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
