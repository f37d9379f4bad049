package ai.mariner.core.queue;

import ai.mariner.core.crew.Elasticity;
import ai.mariner.core.crew.Staffing;
import ai.mariner.core.crew.WorkerSet;
import ai.mariner.core.error.Failure;
import ai.mariner.core.job.LossCause;
import ai.mariner.core.job.Refusals;
import ai.mariner.core.time.Loop;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The end of a pool: what was accepted is finished, or given up when that takes too long; then its
 * workers stop. On the pool's loop.
 */
final class Closing {
  private final Loop loop;
  private final Refusals refusals;
  private final OpenJobs open;
  private final Backlog backlog;
  private final WorkerSet workers;
  private final Staffing staffing;
  private final Elasticity elasticity;
  private final Runnable changed;

  /** Completes when all workers have ended; absent: the pool is open. */
  private @Nullable CompletableFuture<Void> drained;

  /** Joins those whose work ends with the pool. */
  Closing(
      PoolContext pool, OpenJobs open, Backlog backlog, Staffing staffing, Elasticity elasticity) {
    this.loop = pool.loop();
    this.refusals = pool.refusals();
    this.open = open;
    this.backlog = backlog;
    this.workers = pool.workers();
    this.staffing = staffing;
    this.elasticity = elasticity;
    this.changed = pool.changed();
  }

  /** Whether the pool takes nothing any more. */
  boolean begun() {
    return drained != null;
  }

  /**
   * Begins, or hurries when it has begun.
   *
   * @param drainNanos how long accepted work may take
   * @param done completes when all workers have ended
   */
  void begin(long drainNanos, CompletableFuture<Void> done) {
    CompletableFuture<Void> under = drained;
    Loop.Timer timer = loop.schedule(this::abandon, drainNanos);
    if (under != null) {
      var unused =
          under.thenRun(
              () -> {
                timer.cancel();
                done.complete(null);
              });
      return;
    }
    drained = done;
    var unused = done.thenRun(timer::cancel);
    jobEnded();
  }

  /** A job has ended; the last one lets the workers stop. */
  void jobEnded() {
    CompletableFuture<Void> done = drained;
    if (done != null && open.isEmpty()) {
      open.sleep();
      backlog.sleep();
      elasticity.sleep();
      staffing.stopAll(() -> done.complete(null));
    }
  }

  private void abandon() {
    Failure late = refusals.removedUnfinished();
    backlog.fail(late);
    workers.killAll(LossCause.stopped(late.message()));
    changed.run();
  }
}
