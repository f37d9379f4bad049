package ai.mariner.core.scheduling;

import ai.mariner.core.config.ModelSpec;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.message.ResponseSink;
import ai.mariner.core.metrics.ModelMetrics;
import ai.mariner.core.time.Loop;
import ai.mariner.core.worker.WorkerLink.CancelReason;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The workers of one model version with their queue. Joins the batcher, the workers and the clock
 * on one loop, which owns all its state; public methods may be called from any thread.
 */
public final class Pool {
  private static final Logger log = LoggerFactory.getLogger(Pool.class);

  /** A longer time-out, more than a century, is none. */
  private static final long LONGEST_TIMEOUT_NANOS = Long.MAX_VALUE >> 1;

  private final ModelKey key;
  private final Loop loop;
  private final ModelMetrics metrics;
  private final AtomicLong runIds;
  private final Batcher batcher;
  private final Deadlines deadlines;
  private final WorkerSet workers;
  private final Answers answers;
  private final LossPolicy losses;
  private final @Nullable Long defaultTimeoutNanos;
  private final int batchSize;
  private final long stallNanos;
  private final ProgressWatch progress;
  private final @Nullable Entrance entrance;

  private boolean dispatchPending;
  private boolean closing;
  private int open;
  private Loop.@Nullable Timer windowTimer;
  private @Nullable CompletableFuture<Void> drained;

  /**
   * Makes a pool without workers.
   *
   * @param key name and version of the model
   * @param spec its options
   * @param loop owner of all that follows
   * @param factory makes its workers
   * @param metrics its meters
   * @param runIds numbers of runs, shared by all pools
   * @param limits bounds of streams
   */
  public Pool(
      ModelKey key,
      ModelSpec spec,
      Loop loop,
      WorkerFactory factory,
      ModelMetrics metrics,
      AtomicLong runIds,
      StreamLimits limits) {
    this.key = key;
    this.loop = loop;
    this.metrics = metrics;
    this.runIds = runIds;
    this.batcher = QueueBatcher.of(spec);
    this.batchSize = spec.batchSize();
    this.defaultTimeoutNanos =
        spec.requestTimeout() == null ? null : spec.requestTimeout().toNanos();
    this.deadlines = new Deadlines(loop, this::expire);
    this.losses = new LossPolicy(spec.retryOnWorkerLoss());
    this.answers = new Answers(loop, metrics, limits, this::finished);
    this.entrance = Entrance.of(key, spec, loop, metrics, answers, new Queue());
    this.workers = new WorkerSet(key, spec.minWorkers(), factory, loop, new Host());
    this.stallNanos = stallNanos(spec);
    this.progress =
        new ProgressWatch(loop, stallNanos, () -> batcher.size() > 0, workers::able, this::recycle);
  }

  /** A batch may wait for its mates, run for as long as a run may take, and be found too slow. */
  private static long stallNanos(ModelSpec spec) {
    long run = Math.min(spec.responseTimeout().toNanos(), LONGEST_TIMEOUT_NANOS >> 2);
    long window = Math.min(spec.maxBatchDelay().toNanos(), LONGEST_TIMEOUT_NANOS >> 2);
    return 2 * run + window;
  }

  /** The loop that owns the pool. */
  public Loop loop() {
    return loop;
  }

  /**
   * Takes a request; its outcome arrives through the sink, whatever happens.
   *
   * @param request its bodies belong to the pool from now on
   * @param sink who wants the answer
   */
  public void submit(InferenceRequest request, ResponseSink sink) {
    if (loop.inLoop()) {
      accept(request, sink);
      return;
    }
    try {
      loop.execute(() -> accept(request, sink));
    } catch (java.util.concurrent.RejectedExecutionException e) {
      request.release();
      metrics.failed(ErrorKind.SHUTTING_DOWN);
      sink.fail(Failure.of(ErrorKind.SHUTTING_DOWN, "The server is shutting down."));
    }
  }

  /**
   * Changes the number of workers.
   *
   * @param min workers that are kept alive
   * @return completes when so many are ready, fails with the reason when one of them can't load the
   *     model
   */
  public CompletionStage<Void> resize(int min) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    loop.run(
        () -> {
          if (closing) {
            done.completeExceptionally(removed().toException());
            return;
          }
          workers.resize(min, done);
          refuseWaitingIfHopeless();
          gauges();
        });
    return done;
  }

  /**
   * Takes nothing new, finishes what was accepted, then stops all workers.
   *
   * @param drainNanos how long accepted work may take; what is not done by then fails
   * @return completes when all workers have ended
   */
  public CompletionStage<Void> close(long drainNanos) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    loop.run(
        () -> {
          CompletableFuture<Void> under = drained;
          if (under != null) {
            Loop.Timer sooner = loop.schedule(this::abandon, drainNanos);
            var unused = under.thenRun(() -> complete(done, sooner));
            return;
          }
          closing = true;
          drained = done;
          Loop.Timer timer = loop.schedule(this::abandon, drainNanos);
          var unused = done.thenRun(timer::cancel);
          if (open == 0) {
            stopWorkers();
          }
        });
    return done;
  }

  private static void complete(CompletableFuture<Void> done, Loop.Timer timer) {
    timer.cancel();
    done.complete(null);
  }

  /** What the pool is doing, as of now. */
  public CompletionStage<PoolStatus> status() {
    CompletableFuture<PoolStatus> status = new CompletableFuture<>();
    loop.run(
        () ->
            status.complete(
                new PoolStatus(
                    workers.statuses(),
                    batcher.size(),
                    batcher.capacity(),
                    workers.lastFailure())));
    return status;
  }

  /** How many workers are ready, and how they got there; may be read from any thread. */
  public Readiness readiness() {
    return workers.readiness();
  }

  private void accept(InferenceRequest request, ResponseSink sink) {
    Failure refusal = refusal();
    if (refusal != null) {
      request.release();
      metrics.failed(refusal.kind());
      sink.fail(refusal);
      return;
    }
    long now = loop.nanoTime();
    long deadline = deadline(request, now);
    if (entrance != null) {
      entrance.enter(request, sink, now, deadline);
    } else {
      take(new Job(request, sink, now, deadline, null));
    }
  }

  private void take(Job job) {
    if (!admit(job)) {
      refuseFull(job);
      return;
    }
    watch(job);
    progress.waits(job.arrivalNanos());
    gauges();
    dispatchSoon();
  }

  private void refuseFull(Job job) {
    job.end();
    metrics.failed(ErrorKind.QUEUE_FULL);
    job.sink().fail(queueFull());
  }

  private void watch(Job job) {
    open++;
    job.sink().onCancel(() -> loop.run(() -> cancel(job)));
    deadlines.watch(job);
  }

  /** Queues a job; idle workers first get their share of a burst that is longer than the queue. */
  private boolean admit(Job job) {
    if (batcher.offer(job)) {
      return true;
    }
    if (workers.idleCount() == 0) {
      return false;
    }
    dispatch();
    return batcher.offer(job);
  }

  private @Nullable Failure refusal() {
    if (closing) {
      return removed();
    }
    return workers.refusal();
  }

  private Failure removed() {
    return Failure.of(ErrorKind.SHUTTING_DOWN, "Model " + key + " is being removed.");
  }

  private Failure queueFull() {
    return Failure.of(
        ErrorKind.QUEUE_FULL,
        "The queue of model "
            + key
            + " is full: "
            + batcher.size()
            + " requests wait (jobQueueSize: "
            + batcher.capacity()
            + "). Try again later.");
  }

  private long deadline(InferenceRequest request, long now) {
    Long timeout = request.timeoutNanos() != null ? request.timeoutNanos() : defaultTimeoutNanos;
    return timeout == null || timeout > LONGEST_TIMEOUT_NANOS ? Long.MAX_VALUE : now + timeout;
  }

  /**
   * Dispatches at the end of the loop's turn, so that requests that arrive together form one batch.
   */
  private void dispatchSoon() {
    if (!dispatchPending) {
      dispatchPending = true;
      loop.execute(
          () -> {
            dispatchPending = false;
            dispatch();
          });
    }
  }

  private void dispatch() {
    while (batcher.size() > 0) {
      int idle = workers.idleCount();
      Worker worker = idle > 0 ? workers.nextIdle() : aheadWorker();
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
    gauges();
  }

  /**
   * A busy worker that may be given a run ahead; for batches only when a full one waits, since
   * waiting makes batches grow.
   */
  private @Nullable Worker aheadWorker() {
    return batcher.size() >= batchSize ? workers.nextWithRoom(batchSize) : null;
  }

  private void start(Worker worker, List<Job> jobs) {
    long now = loop.nanoTime();
    List<Job> live = fit(jobs, now);
    if (live.isEmpty()) {
      return;
    }
    Run run = new Run(runIds.incrementAndGet(), live.get(0).request().operation(), live, now);
    for (int i = 0; i < live.size(); i++) {
      Job job = live.get(i);
      job.started(run);
      if (live.size() == 1 && job.request().streaming()) {
        job.stream(new StreamFlow());
      }
    }
    metrics.batchStarted(live.size());
    progress.progressed(now);
    worker.run(run);
  }

  /** The jobs that can still be run; the others end here. */
  private List<Job> fit(List<Job> jobs, long now) {
    boolean all = true;
    for (int i = 0; i < jobs.size() && all; i++) {
      all = !expired(jobs.get(i), now) && !LossPolicy.exhausted(jobs.get(i));
    }
    if (all) {
      return jobs;
    }
    for (Job job : jobs) {
      if (expired(job, now)) {
        answers.fail(job, expiry("in the queue"));
      } else if (LossPolicy.exhausted(job)) {
        answers.fail(job, LossPolicy.givenUp());
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

  private static Failure expiry(String where) {
    return Failure.of(
        ErrorKind.DEADLINE_EXCEEDED, "The request's deadline passed while it was " + where + '.');
  }

  private void cancel(Job job) {
    giveUp(job, Failure.of(ErrorKind.CANCELLED, "The client left."), CancelReason.CLIENT_LEFT);
  }

  private void giveUp(Job job, Failure failure, CancelReason reason) {
    if (job.ended()) {
      return;
    }
    Run run = job.run();
    if (run != null) {
      workers.cancel(run, job, reason);
    } else if (job.queued()) {
      batcher.cancelled();
    }
    answers.fail(job, failure);
    gauges();
  }

  private void expire(Job job) {
    giveUp(job, expiry(job.queued() ? "in the queue" : "run"), CancelReason.DEADLINE);
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

  /** Counts a job that has ended; the last one lets a closing pool stop. */
  private void finished() {
    open--;
    if (open == 0) {
      gauges();
    }
    if (closing && open == 0) {
      stopWorkers();
    }
  }

  private void abandon() {
    Failure late =
        Failure.of(
            ErrorKind.SHUTTING_DOWN,
            "Model " + key + " was removed before the request was done (drain_timeout).");
    for (Job job : batcher.drain()) {
      answers.fail(job, late);
    }
    workers.killAll(LossCause.stopped(late.message()));
    gauges();
  }

  private void stopWorkers() {
    deadlines.sleep();
    progress.sleep();
    CompletableFuture<Void> done = drained;
    workers.stopAll(
        () -> {
          if (done != null) {
            done.complete(null);
          }
        });
  }

  private void recycle() {
    LossCause cause = LossCause.noProgress(batcher.size(), stallNanos);
    log.error(
        "model {}: {} requests wait and nothing moves, {} of its workers seem ready; they are"
            + " replaced",
        key,
        batcher.size(),
        workers.readyCount());
    workers.recycle(cause);
    gauges();
    dispatchSoon();
  }

  /** What waits for workers that won't come is told so. */
  private void refuseWaitingIfHopeless() {
    Failure refusal = batcher.size() == 0 ? null : workers.refusal();
    if (refusal != null) {
      for (Job job : batcher.drain()) {
        answers.fail(job, refusal);
      }
    }
  }

  private void gauges() {
    int waiting = batcher.size() + (entrance == null ? 0 : entrance.following());
    metrics.gauges(waiting, open - waiting, workers.readyCount());
  }

  /** The pool as its entrance sees it. */
  private final class Queue implements Inside {
    @Override
    public void take(Job job) {
      Pool.this.take(job);
    }

    @Override
    public void follow(Job job, int waiting) {
      if (waiting > batcher.capacity()) {
        refuseFull(job);
        return;
      }
      watch(job);
      gauges();
    }

    @Override
    public void putBack(List<Job> jobs) {
      jobs.forEach(Job::requeued);
      batcher.requeue(jobs);
      progress.waits(loop.nanoTime());
      refuseWaitingIfHopeless();
      gauges();
      dispatchSoon();
    }
  }

  private final class Host implements WorkerHost {
    @Override
    public void ready(Worker worker, long loadNanos) {
      metrics.workerLoaded(worker.name(), loadNanos);
      progress.progressed(loop.nanoTime());
      log.info("{} is ready, loaded in {} ms", worker.name(), loadNanos / 1_000_000);
      workers.becameReady();
      gauges();
      dispatchSoon();
    }

    @Override
    public void loadFailed(Worker worker, LossCause cause) {
      log.warn("{} failed to start: {}", worker.name(), cause.text());
      workers.loadFailed(cause);
      refuseWaitingIfHopeless();
      gauges();
    }

    @Override
    public void replied(
        Worker worker, Run run, Job job, ai.mariner.core.worker.ItemReply reply, boolean last) {
      if (!last) {
        progress.progressed(loop.nanoTime());
      }
      answers.replied(worker, run, job, reply, last);
    }

    @Override
    public void runEnded(Worker worker, Run run) {
      if (batcher.size() > 0) {
        progress.progressed(loop.nanoTime());
      }
      for (Job job : run.jobs()) {
        if (!job.ended()) {
          answers.fail(
              job,
              Failure.of(
                  ErrorKind.OUTPUT_INVALID, "The worker ended the batch without this answer."));
        }
      }
      if (batcher.size() > 0) {
        dispatchSoon();
      } else {
        gauges();
      }
    }

    @Override
    public void lost(Worker worker, List<Run> runs, LossCause cause) {
      workers.lost(cause);
      metrics.workerLost();
      log.warn("{}: {}", worker.name(), cause.text());
      LossPolicy.Verdict verdict = losses.judge(runs, cause);
      List<Job> again = verdict.again();
      if (!again.isEmpty()) {
        again.forEach(job -> metrics.rerun());
        log.info("{}: {} requests run again", worker.name(), again.size());
        batcher.requeue(again);
        progress.waits(loop.nanoTime());
        dispatchSoon();
      }
      for (Job job : verdict.failed()) {
        answers.fail(job, cause.failure());
      }
      if (!workers.wanted()) {
        refuseWaitingIfHopeless();
      }
      gauges();
    }

    @Override
    public void explained(Worker worker, LossCause cause) {
      workers.lost(cause);
      log.warn("{}: {}", worker.name(), cause.text());
    }

    @Override
    public void gone(Worker worker) {
      workers.gone(worker);
    }
  }
}
