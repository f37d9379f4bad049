package ai.mariner.core.queue;

import ai.mariner.core.config.ModelSpec;
import ai.mariner.core.config.ProgramOptions;
import ai.mariner.core.crew.Elasticity;
import ai.mariner.core.crew.Readiness;
import ai.mariner.core.crew.Staffing;
import ai.mariner.core.crew.WorkerFactory;
import ai.mariner.core.crew.WorkerSet;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.job.Refusals;
import ai.mariner.core.job.StreamLimits;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.message.ResponseSink;
import ai.mariner.core.metrics.ModelMetrics;
import ai.mariner.core.process.Worker;
import ai.mariner.core.time.Loop;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The workers of one model version with their queue. Joins the batcher, the workers and the clock
 * on one loop, which owns all its state; public methods may be called from any thread.
 */
public final class Pool {
  private final Loop loop;
  private final WorkerFactory factory;
  private final ModelMetrics metrics;
  private final Refusals refusals;
  private final WorkerSet workers;
  private final OpenJobs open;
  private final Staffing staffing;
  private final Backlog backlog;
  private final Elasticity elasticity;
  private final WorkerReports reports;
  private final Closing closing;
  private final Entrance entrance;

  /** Busy workers as they were told last; not a number: they are told in any case. */
  private double busy = Double.NaN;

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
   * @param policy how requests say which sequence they belong to
   * @param rule how batches are formed, where it has a word; absent: as the options say
   */
  public Pool(
      ModelKey key,
      ModelSpec spec,
      Loop loop,
      WorkerFactory factory,
      ModelMetrics metrics,
      AtomicLong runIds,
      StreamLimits limits,
      SequencePolicy policy,
      @Nullable BatchRule rule) {
    this.loop = loop;
    this.factory = factory;
    this.metrics = metrics;
    this.workers = new WorkerSet();
    SequenceBatcher sequences =
        spec.require(ProgramOptions.SEQUENCE_BATCHING)
            ? new SequenceBatcher(key, SequenceLimits.of(spec), policy, workers::stayingCount)
            : null;
    Batcher batcher = sequences == null ? KeyedBatcher.of(spec, rule) : sequences;
    PoolContext context =
        new PoolContext(
            key, spec, loop, metrics, runIds, batcher, sequences, workers, this::gauges);
    this.refusals = context.refusals();
    Answers answers = new Answers(context, limits, this::finished);
    this.open = new OpenJobs(context, answers);
    this.staffing = new Staffing(context.crew(), factory, this::recruit);
    this.backlog = new Backlog(context, staffing, answers);
    this.elasticity =
        new Elasticity(context.crew(), batcher, staffing, factory.memory(), open::isEmpty);
    this.reports = new WorkerReports(context, staffing, elasticity, backlog, answers);
    this.closing = new Closing(context, open, backlog, staffing, elasticity);
    Admission admission = new Admission(context, open, backlog, answers, staffing, elasticity);
    this.entrance = new Entrance(context, closing, staffing, admission);
  }

  private Worker recruit(int place) {
    return factory.create(place, loop, reports);
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

  /** JSON object of what its workers say of the model, on any thread; absent: nothing so far. */
  public @Nullable String declares() {
    return reports.declares();
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
          if (closing.begun()) {
            done.completeExceptionally(refusals.removed().toException());
            return;
          }
          staffing.resize(min, max, first, done);
          elasticity.staffChanged();
          backlog.refuseIfHopeless();
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
    onLoop(done, () -> closing.begin(drainNanos, done));
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

  /** What the pool is doing, as of now. */
  public CompletionStage<PoolStatus> status() {
    CompletableFuture<PoolStatus> status = new CompletableFuture<>();
    onLoop(
        status,
        () ->
            status.complete(
                new PoolStatus(
                    workers.statuses(),
                    backlog.size(),
                    backlog.capacity(),
                    staffing.isUnloaded(),
                    staffing.lastFailure())));
    return status;
  }

  /** How many workers are ready, and how they got there; may be read from any thread. */
  public Readiness readiness() {
    return staffing.readiness();
  }

  /**
   * Says whom to tell when {@link #readiness} is another one. Called once, before the first {@link
   * #resize}; the task runs on the pool's loop.
   */
  public void whenReadinessChanges(Runnable task) {
    staffing.whenReadinessChanges(task);
  }

  /** Shows its meters again how it is doing, after another pool of the same name wrote to them. */
  public void refreshGauges() {
    loop.run(
        () -> {
          busy = Double.NaN;
          gauges();
        });
  }

  private void accept(InferenceRequest request, ResponseSink sink, Successor successor) {
    if (closing.begun() && successor.takeOver(this, request, sink)) {
      return;
    }
    entrance.enter(request, sink);
  }

  /** Counts a job that has ended; the last one lets a closing pool stop. */
  private void finished() {
    open.ended();
    elasticity.active();
    if (open.isEmpty()) {
      gauges();
    }
    closing.jobEnded();
  }

  private void gauges() {
    int waiting = backlog.size() + entrance.following();
    int ready = workers.readyCount();
    int staying = workers.stayingCount();
    metrics.gauges(waiting, open.count() - waiting, ready);
    metrics.oldest(backlog.size() > 0, backlog.size() > 0 ? backlog.oldestArrivalNanos() : 0);
    metrics.staff(Math.max(0, staying - ready), workers.count() - staying);
    double nowBusy = workers.busyCount();
    if (nowBusy != busy) {
      busy = nowBusy;
      metrics.busy(nowBusy, loop.nanoTime());
    }
    elasticity.observe();
  }
}
