package ai.mariner.core.scheduling;

import ai.mariner.core.config.ModelSpec;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.message.ResponseSink;
import ai.mariner.core.metrics.ModelMetrics;
import ai.mariner.core.time.Loop;
import ai.mariner.core.worker.ItemReply;
import ai.mariner.core.worker.WorkerLink.CancelReason;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
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
  private final Refusals refusals;
  private final Batcher batcher;
  private final Deadlines deadlines;
  private final WorkerSet workers = new WorkerSet();
  private final Staffing staffing;
  private final Answers answers;
  private final LossPolicy losses;
  private final @Nullable Long defaultTimeoutNanos;
  private final long stallNanos;
  private final ProgressWatch progress;
  private final Dispatcher dispatcher;
  private final Elasticity elasticity;
  private final @Nullable Entrance entrance;

  private boolean closing;
  private int open;
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
    this.refusals = new Refusals(key);
    this.batcher = QueueBatcher.of(spec);
    this.defaultTimeoutNanos =
        spec.requestTimeout() == null ? null : spec.requestTimeout().toNanos();
    this.deadlines = new Deadlines(loop, this::expire);
    this.losses = new LossPolicy(spec.retryOnWorkerLoss());
    this.answers = new Answers(loop, metrics, limits, this::finished);
    this.staffing = new Staffing(refusals, spec, factory, loop, workers, metrics, new Host());
    this.entrance = Entrance.of(key, spec, loop, metrics, answers, new Queue());
    this.stallNanos = stallNanos(spec);
    this.progress =
        new ProgressWatch(
            loop, stallNanos, () -> batcher.size() > 0, workers::able, this::replaceStuck);
    this.dispatcher =
        new Dispatcher(
            loop,
            batcher,
            spec.batchSize(),
            workers,
            answers,
            progress,
            metrics,
            runIds,
            this::gauges);
    this.elasticity =
        new Elasticity(
            key,
            spec,
            loop,
            batcher,
            workers,
            staffing,
            factory.memory(),
            () -> open == 0,
            this::gauges);
  }

  /** A batch may wait for its mates, run for as long as a run may take, and be found too slow. */
  private static long stallNanos(ModelSpec spec) {
    long run = Math.min(spec.responseTimeout().toNanos(), LONGEST_TIMEOUT_NANOS >> 2);
    long window = Math.min(spec.maxBatchDelay().toNanos(), LONGEST_TIMEOUT_NANOS >> 2);
    return 2 * run + window;
  }

  /** Where a request goes that reached a pool after it was closed. */
  @FunctionalInterface
  public interface Successor {
    /** There is no other pool. */
    Successor NONE = (closed, request, sink) -> false;

    /**
     * Takes a request over, with its bodies and its sink; false: it was not taken. Called on the
     * loop of the closed pool.
     */
    boolean takeOver(Pool closed, InferenceRequest request, ResponseSink sink);
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
    submit(request, sink, Successor.NONE);
  }

  /** The same; when the pool is closed, the request is offered to a successor before it fails. */
  public void submit(InferenceRequest request, ResponseSink sink, Successor successor) {
    if (loop.inLoop()) {
      accept(request, sink, successor);
      return;
    }
    try {
      loop.execute(() -> accept(request, sink, successor));
    } catch (RejectedExecutionException e) {
      request.release();
      metrics.failed(ErrorKind.SHUTTING_DOWN);
      sink.fail(Refusals.serverStops());
    }
  }

  /**
   * Changes the bounds of the number of workers. Calls take effect in their order.
   *
   * @param min workers that are kept alive
   * @param max most workers when their number follows the load, at least {@code min}
   * @return completes when {@code min} are ready, fails with the reason when one of them can't load
   *     the model
   */
  public CompletionStage<Void> resize(int min, int max) {
    return resize(min, max, min);
  }

  /**
   * The same, for a pool that takes over the load of another one.
   *
   * @param first how many workers there shall be at first when their number follows the load;
   *     completes when so many are ready, but for those that can't load while {@code min} can
   */
  public CompletionStage<Void> resize(int min, int max, int first) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    onLoop(
        done,
        () -> {
          if (closing) {
            done.completeExceptionally(refusals.removed().toException());
            return;
          }
          staffing.resize(min, max, first, done);
          elasticity.staffChanged();
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
    onLoop(
        done,
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

  /** Hands over a task; whoever waits for it is told when the loop has been shut down. */
  private void onLoop(CompletableFuture<?> result, Runnable task) {
    try {
      loop.execute(task);
    } catch (RejectedExecutionException e) {
      result.completeExceptionally(Refusals.serverStops().toException());
    }
  }

  private static void complete(CompletableFuture<Void> done, Loop.Timer timer) {
    timer.cancel();
    done.complete(null);
  }

  /** What the pool is doing, as of now. */
  public CompletionStage<PoolStatus> status() {
    CompletableFuture<PoolStatus> status = new CompletableFuture<>();
    onLoop(
        status,
        () ->
            status.complete(
                new PoolStatus(
                    workers.statuses(),
                    batcher.size(),
                    batcher.capacity(),
                    staffing.isUnloaded(),
                    staffing.lastFailure())));
    return status;
  }

  /** How many workers are ready, and how they got there; may be read from any thread. */
  public Readiness readiness() {
    return staffing.readiness();
  }

  /** Shows its meters again how it is doing, after another pool of the same name wrote to them. */
  public void refreshGauges() {
    loop.run(this::gauges);
  }

  private void accept(InferenceRequest request, ResponseSink sink, Successor successor) {
    if (closing && successor.takeOver(this, request, sink)) {
      return;
    }
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
    if (!dispatcher.admit(job)) {
      refuseFull(job);
      return;
    }
    watch(job);
    progress.waits(job.arrivalNanos());
    gauges();
    dispatcher.dispatchSoon();
  }

  private void refuseFull(Job job) {
    job.end();
    metrics.failed(ErrorKind.QUEUE_FULL);
    job.sink().fail(refusals.queueFull(batcher.size(), batcher.capacity()));
  }

  private void watch(Job job) {
    open++;
    staffing.wake();
    elasticity.active();
    job.sink().onCancel(() -> loop.run(() -> cancel(job)));
    deadlines.watch(job);
  }

  private @Nullable Failure refusal() {
    if (closing) {
      return refusals.removed();
    }
    return staffing.refusal();
  }

  private long deadline(InferenceRequest request, long now) {
    Long timeout = request.timeoutNanos() != null ? request.timeoutNanos() : defaultTimeoutNanos;
    return timeout == null || timeout > LONGEST_TIMEOUT_NANOS ? Long.MAX_VALUE : now + timeout;
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
    giveUp(job, Refusals.expired(job.queued() ? "in the queue" : "run"), CancelReason.DEADLINE);
  }

  /** Counts a job that has ended; the last one lets a closing pool stop. */
  private void finished() {
    open--;
    elasticity.active();
    if (open == 0) {
      gauges();
    }
    if (closing && open == 0) {
      stopWorkers();
    }
  }

  private void abandon() {
    Failure late = refusals.removedUnfinished();
    for (Job job : batcher.drain()) {
      answers.fail(job, late);
    }
    workers.killAll(LossCause.stopped(late.message()));
    gauges();
  }

  private void stopWorkers() {
    deadlines.sleep();
    progress.sleep();
    elasticity.sleep();
    CompletableFuture<Void> done = drained;
    staffing.stopAll(
        () -> {
          if (done != null) {
            done.complete(null);
          }
        });
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
    gauges();
    dispatcher.dispatchSoon();
  }

  /** What waits for workers that won't come is told so. */
  private void refuseWaitingIfHopeless() {
    Failure refusal = batcher.size() == 0 ? null : staffing.refusal();
    if (refusal != null) {
      for (Job job : batcher.drain()) {
        answers.fail(job, refusal);
      }
    }
  }

  private void gauges() {
    int waiting = batcher.size() + (entrance == null ? 0 : entrance.following());
    metrics.gauges(waiting, open - waiting, workers.readyCount());
    elasticity.observe();
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
    public void answered() {
      elasticity.active();
    }

    @Override
    public void putBack(List<Job> jobs) {
      jobs.forEach(Job::requeued);
      batcher.requeue(jobs);
      progress.waits(loop.nanoTime());
      refuseWaitingIfHopeless();
      gauges();
      dispatcher.dispatchSoon();
    }
  }

  private final class Host implements WorkerHost {
    @Override
    public long nextRunId() {
      return runIds.incrementAndGet();
    }

    @Override
    public void ready(Worker worker, long loadNanos) {
      metrics.workerLoaded(worker.name(), loadNanos);
      progress.progressed(loop.nanoTime());
      log.info("{} is ready, loaded in {} ms", worker.name(), loadNanos / 1_000_000);
      staffing.ready(worker);
      elasticity.staffChanged();
      gauges();
      dispatcher.dispatchSoon();
    }

    @Override
    public void loadFailed(Worker worker, LossCause cause) {
      log.warn("{} failed to start: {}", worker.name(), cause.text());
      elasticity.loadFailed(staffing.loadFailed(worker, cause));
      refuseWaitingIfHopeless();
      gauges();
    }

    @Override
    public void replied(Worker worker, Run run, Job job, ItemReply reply, boolean last) {
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
      staffing.runEnded(worker);
      if (batcher.size() > 0) {
        dispatcher.dispatchSoon();
      } else {
        gauges();
      }
    }

    @Override
    public void lost(Worker worker, List<Run> runs, LossCause cause) {
      staffing.lost(cause);
      metrics.workerLost();
      log.warn("{}: {}", worker.name(), cause.text());
      LossPolicy.Verdict verdict = losses.judge(runs, cause);
      List<Job> again = verdict.again();
      if (!again.isEmpty()) {
        again.forEach(job -> metrics.rerun());
        log.info("{}: {} requests run again", worker.name(), again.size());
        batcher.requeue(again);
        progress.waits(loop.nanoTime());
        dispatcher.dispatchSoon();
      }
      for (Job job : verdict.failed()) {
        answers.fail(job, cause.failure());
      }
      if (!staffing.wanted()) {
        refuseWaitingIfHopeless();
      }
      gauges();
    }

    @Override
    public void explained(Worker worker, LossCause cause) {
      staffing.lost(cause);
      log.warn("{}: {}", worker.name(), cause.text());
    }

    @Override
    public void gone(Worker worker) {
      metrics.workerGone(worker.name());
      staffing.gone(worker);
    }
  }
}
