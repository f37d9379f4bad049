package ai.mariner.core.queue;

import ai.mariner.core.crew.WorkerSet;
import ai.mariner.core.job.Job;
import ai.mariner.core.job.Refusals;
import ai.mariner.core.job.Run;
import ai.mariner.core.metrics.ModelMetrics;
import ai.mariner.core.process.RunMode;
import ai.mariner.core.process.Worker;
import ai.mariner.core.time.LazyTimer;
import ai.mariner.core.time.Loop;
import java.util.ArrayList;
import java.util.Comparator;
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
  private final @Nullable SequenceBatcher sequences;
  private final LazyTimer sequenceEnds;

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
    this.sequences = pool.sequences();
    this.sequenceEnds = new LazyTimer(loop, this::nextSequenceEnd, this::endSequences);
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

  /** Watches no more which sequences end. */
  void sleep() {
    sequenceEnds.sleep();
  }

  private void dispatch() {
    if (sequences == null) {
      handOut();
    } else {
      handOutSequences(sequences);
    }
    if (batcher.size() > 0) {
      workers.awaitTurns();
    }
    workers.flush();
    changed.run();
  }

  private void handOut() {
    while (batcher.size() > 0) {
      Worker worker = workers.nextFree(batcher.nextGroup());
      int idle = worker == null ? 0 : workers.idleCount();
      if (worker == null) {
        worker = workers.nextWithRoom(batchSize, batcher.size(), batcher.inOrder());
      }
      if (worker == null) {
        break;
      }
      Decision decision = batcher.next(loop.nanoTime(), worker.process(), Math.max(1, idle));
      if (decision instanceof Decision.Dispatch dispatch) {
        start(worker, dispatch.jobs());
      } else {
        if (decision instanceof Decision.WaitUntil wait) {
          armWindow(wait.atNanos());
        }
        break;
      }
    }
  }

  private void handOutSequences(SequenceBatcher known) {
    tellRejected(known);
    long shortest = known.shortestNanos();
    if (shortest > 0 && known.hasOpen()) {
      sequenceEnds.lookBy(loop.nanoTime() + shortest);
    }
    boolean more = true;
    while (more && known.size() > 0) {
      more = offerToEach(known);
    }
    tellRejected(known);
  }

  /**
   * Each free worker is asked for its own sequences, and may take new ones; those with few first.
   */
  private boolean offerToEach(SequenceBatcher known) {
    List<Worker> free = workers.free();
    free.sort(Comparator.comparingInt(worker -> known.boundTo(worker.process())));
    boolean started = false;
    for (int i = 0; i < free.size(); i++) {
      Worker worker = free.get(i);
      Decision decision = known.next(loop.nanoTime(), worker.process(), free.size() - i);
      if (decision instanceof Decision.Dispatch dispatch) {
        start(worker, dispatch.jobs());
        started = true;
      } else if (decision instanceof Decision.WaitUntil wait) {
        armWindow(wait.atNanos());
      }
    }
    return started;
  }

  private void tellRejected(SequenceBatcher known) {
    for (SequenceBatcher.Rejected late : known.takeRejected()) {
      answers.fail(late.job(), late.failure());
    }
  }

  private long nextSequenceEnd() {
    return sequences == null ? Long.MAX_VALUE : sequences.nextEndNanos();
  }

  private void endSequences(long now) {
    if (sequences != null) {
      sequences.expire(now);
      dispatch();
    }
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
    SequenceBatcher known = sequences;
    if (known != null) {
      jobs.stream().filter(Job::ended).forEach(job -> known.left(job, now));
    }
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
