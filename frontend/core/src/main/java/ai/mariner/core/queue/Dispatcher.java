package ai.mariner.core.queue;

import ai.mariner.core.crew.WorkerSet;
import ai.mariner.core.job.Job;
import ai.mariner.core.job.Refusals;
import ai.mariner.core.job.Run;
import ai.mariner.core.metrics.ModelMetrics;
import ai.mariner.core.process.RunMode;
import ai.mariner.core.process.Worker;
import ai.mariner.core.time.Loop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Brings what waits to workers that are free: asks the batcher what and when. On the loop. */
final class Dispatcher {
  private final Loop loop;
  private final Batcher batcher;
  private final int batchSize;
  private final WorkerSet workers;
  private final Answers answers;
  private final ProgressWatch progress;
  private final ModelMetrics metrics;
  private final AtomicLong runIds;
  private final Runnable changed;

  private boolean pending;
  private Loop.@Nullable Timer windowTimer;

  /**
   * Joins a queue and workers.
   *
   * @param answers tells those that can't be run any more
   * @param progress told of each run that begins
   */
  Dispatcher(PoolContext pool, Answers answers, ProgressWatch progress) {
    this.loop = pool.loop();
    this.batcher = pool.batcher();
    this.batchSize = RunMode.of(pool.spec()).runSize();
    this.workers = pool.workers();
    this.answers = answers;
    this.progress = progress;
    this.metrics = pool.metrics();
    this.runIds = pool.runIds();
    this.changed = pool.changed();
  }

  /** Queues a job; idle workers first get their share of a burst that is longer than the queue. */
  boolean admit(Job job) {
    if (batcher.offer(job)) {
      return true;
    }
    if (workers.idleCount() == 0) {
      return false;
    }
    dispatch();
    return batcher.offer(job);
  }

  /**
   * Dispatches at the end of the loop's turn, so that requests that arrive together form one batch.
   */
  void dispatchSoon() {
    if (!pending) {
      pending = true;
      loop.execute(
          () -> {
            pending = false;
            dispatch();
          });
    }
  }

  private void dispatch() {
    while (batcher.size() > 0) {
      Worker worker = workers.nextFree(batcher.nextGroup());
      int idle = worker == null ? 0 : workers.idleCount();
      if (worker == null) {
        worker = workers.nextWithRoom(batchSize, batcher.size(), batcher.inOrder());
      }
      if (worker == null) {
        break;
      }
      Decision decision = batcher.next(loop.nanoTime(), Math.max(1, idle));
      if (decision instanceof Decision.Dispatch dispatch) {
        start(worker, dispatch.jobs());
      } else {
        if (decision instanceof Decision.WaitUntil wait) {
          armWindow(wait.atNanos());
        }
        break;
      }
    }
    workers.flush();
    changed.run();
  }

  private void start(Worker worker, List<Job> jobs) {
    long now = loop.nanoTime();
    List<Job> live = fit(jobs, now);
    if (live.isEmpty()) {
      return;
    }
    Run run = new Run(runIds.incrementAndGet(), live.get(0).request().operation(), live, now);
    for (int i = 0; i < live.size(); i++) {
      live.get(i).started(run);
    }
    metrics.batchStarted(live.size());
    progress.progressed(now);
    worker.run(run);
  }

  /** The jobs that can still be run; the others end here. */
  private List<Job> fit(List<Job> jobs, long now) {
    boolean all = true;
    for (int i = 0; i < jobs.size() && all; i++) {
      all = !expired(jobs.get(i), now);
    }
    if (all) {
      return jobs;
    }
    for (Job job : jobs) {
      if (expired(job, now)) {
        answers.fail(job, Refusals.expired("in the queue"));
      }
    }
    // Only now: whoever is told of an end may cancel another job.
    List<Job> live = new ArrayList<>(jobs);
    live.removeIf(Job::ended);
    return live;
  }

  private static boolean expired(Job job, long now) {
    return job.deadlineNanos() != Long.MAX_VALUE && job.deadlineNanos() - now <= 0;
  }

  private void armWindow(long atNanos) {
    Loop.Timer timer = windowTimer;
    if (timer != null) {
      timer.cancel();
    }
    windowTimer =
        loop.schedule(
            () -> {
              windowTimer = null;
              dispatch();
            },
            atNanos - loop.nanoTime());
  }
}
