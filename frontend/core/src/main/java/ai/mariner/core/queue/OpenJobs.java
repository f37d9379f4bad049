package ai.mariner.core.queue;

import ai.mariner.core.crew.WorkerSet;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.job.Job;
import ai.mariner.core.job.Refusals;
import ai.mariner.core.job.Run;
import ai.mariner.core.time.Loop;
import ai.mariner.core.worker.WorkerLink.CancelReason;

/**
 * The jobs that a pool has taken and that have not ended: gives up those whose client leaves or
 * whose deadline passes. On the pool's loop.
 */
final class OpenJobs {
  private final Loop loop;
  private final Batcher batcher;
  private final WorkerSet workers;
  private final Answers answers;
  private final Runnable changed;
  private final Deadlines deadlines;
  private int count;

  /**
   * Begins with none.
   *
   * @param answers tells what was given up
   */
  OpenJobs(PoolContext pool, Answers answers) {
    this.loop = pool.loop();
    this.batcher = pool.batcher();
    this.workers = pool.workers();
    this.answers = answers;
    this.changed = pool.changed();
    this.deadlines = new Deadlines(loop, this::expire);
  }

  /** Counts a job until {@link #ended}, and watches it. */
  void add(Job job) {
    count++;
    job.sink().onCancel(() -> loop.run(() -> cancel(job)));
    deadlines.watch(job);
  }

  /** One of the jobs has ended. */
  void ended() {
    count--;
  }

  int count() {
    return count;
  }

  boolean isEmpty() {
    return count == 0;
  }

  /** Watches no more deadlines. */
  void sleep() {
    deadlines.sleep();
  }

  private void cancel(Job job) {
    giveUp(job, Failure.of(ErrorKind.CANCELLED, "The client left."), CancelReason.CLIENT_LEFT);
  }

  private void expire(Job job) {
    Run run = job.run();
    boolean begun = run != null && run.begun();
    giveUp(job, Refusals.expired(begun ? "run" : "in the queue"), CancelReason.DEADLINE);
  }

  private void giveUp(Job job, Failure failure, CancelReason reason) {
    if (job.ended()) {
      return;
    }
    Run run = job.run();
    if (run != null) {
      workers.cancel(run, job, reason);
    } else if (job.queued()) {
      batcher.cancelled(job);
    }
    answers.fail(job, failure);
    changed.run();
  }
}
