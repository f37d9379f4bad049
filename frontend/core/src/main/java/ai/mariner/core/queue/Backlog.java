package ai.mariner.core.queue;

import ai.mariner.core.config.ModelSpec;
import ai.mariner.core.crew.Staffing;
import ai.mariner.core.crew.WorkerSet;
import ai.mariner.core.error.Failure;
import ai.mariner.core.job.Job;
import ai.mariner.core.job.LossCause;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.time.Loop;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The requests of a pool that wait for a worker: handed out as workers become free, refused when
 * none will come, and watched for the case that nothing moves. On the pool's loop.
 */
final class Backlog {
  private static final Logger log = LoggerFactory.getLogger(Backlog.class);

  /** A longer time-out is none, so that the sum of three doesn't overflow. */
  private static final long LONGEST_NANOS = Long.MAX_VALUE >> 3;

  private final ModelKey key;
  private final Loop loop;
  private final Batcher batcher;
  private final WorkerSet workers;
  private final Staffing staffing;
  private final Answers answers;
  private final Runnable changed;
  private final long stallNanos;
  private final ProgressWatch progress;
  private final Dispatcher dispatcher;

  /**
   * Joins a queue and workers.
   *
   * @param staffing knows whether workers will come
   * @param answers tells those that are given up
   */
  Backlog(PoolContext pool, Staffing staffing, Answers answers) {
    this.key = pool.key();
    this.loop = pool.loop();
    this.batcher = pool.batcher();
    this.workers = pool.workers();
    this.staffing = staffing;
    this.answers = answers;
    this.changed = pool.changed();
    this.stallNanos = stallNanos(pool.spec());
    this.progress =
        new ProgressWatch(
            loop, stallNanos, () -> batcher.size() > 0, workers::able, this::replaceStuck);
    this.dispatcher = new Dispatcher(pool, answers, progress);
  }

  /** A batch may wait for its mates, run for as long as a run may take, and be found too slow. */
  private static long stallNanos(ModelSpec spec) {
    long run = Math.min(spec.responseTimeout().toNanos(), LONGEST_NANOS);
    long window = Math.min(spec.maxBatchDelay().toNanos(), LONGEST_NANOS);
    return 2 * run + window;
  }

  /** Requests that wait. */
  int size() {
    return batcher.size();
  }

  /** When the request came that has waited longest, if one waits. */
  long oldestArrivalNanos() {
    return batcher.oldestArrivalNanos();
  }

  /** Most requests that may wait. */
  int capacity() {
    return batcher.capacity();
  }

  /** Queues a job; false if the queue is full. */
  boolean admit(Job job) {
    boolean first = batcher.size() == 0;
    if (!dispatcher.admit(job)) {
      return false;
    }
    if (first) {
      // Until now nothing waited, so nothing had to move.
      progress.progressed(job.arrivalNanos());
    }
    progress.waits(job.arrivalNanos());
    return true;
  }

  /** Queues jobs that were taken before, ahead of those that wait. */
  void putBack(List<Job> jobs) {
    batcher.requeue(jobs);
    progress.waits(loop.nanoTime());
    dispatcher.dispatchSoon();
  }

  /** Looks at the end of the loop's turn which requests could run. */
  void dispatchSoon() {
    dispatcher.dispatchSoon();
  }

  /** A worker takes runs from now on. */
  void workerReady() {
    progress.progressed(loop.nanoTime());
    dispatcher.dispatchSoon();
  }

  /** A stream went on. */
  void moved() {
    progress.progressed(loop.nanoTime());
  }

  /** A worker has room for a run; false if no request waits for it. */
  boolean roomMade() {
    if (batcher.size() == 0) {
      return false;
    }
    progress.progressed(loop.nanoTime());
    dispatcher.dispatchSoon();
    return true;
  }

  /** What waits for workers that won't come is told so. */
  void refuseIfHopeless() {
    Failure refusal = batcher.size() == 0 ? null : staffing.refusal();
    if (refusal != null) {
      fail(refusal);
    }
  }

  /** Ends all that wait. */
  void fail(Failure failure) {
    for (Job job : batcher.drain()) {
      answers.fail(job, failure);
    }
  }

  /** Watches no more. */
  void sleep() {
    progress.sleep();
    dispatcher.sleep();
  }

  private void replaceStuck() {
    LossCause cause = LossCause.noProgress(batcher.size(), stallNanos);
    log.error(
        "model {}: {} requests wait and nothing moves, {} of its workers seem ready; they are"
            + " replaced",
        key,
        batcher.size(),
        workers.readyCount());
    workers.killReady(cause);
    staffing.publish();
    changed.run();
    dispatcher.dispatchSoon();
  }
}
