package ai.mariner.core.job;

import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.Priority;
import ai.mariner.core.message.ResponseSink;
import ai.mariner.core.worker.RunItem;
import org.jspecify.annotations.Nullable;

/**
 * One accepted request on its way through a pool. Owns the request's bodies until it ends. Touched
 * only on the pool's loop, but for the final fields.
 */
public final class Job implements RunItem {
  private final InferenceRequest request;
  private final ResponseSink sink;
  private final long arrivalNanos;
  private final long deadlineNanos;
  private final @Nullable Priority priority;

  private State state = State.QUEUED;
  private boolean alone;
  private @Nullable Run run;
  private @Nullable StreamFlow stream;
  private @Nullable BatchLosses losses;

  /** Where a job is. */
  enum State {
    QUEUED,
    /** Out of the queue, on its way to a worker. */
    TAKEN,
    /** Waits for the answer of an identical job instead of a run of its own. */
    FOLLOWING,
    RUNNING,
    ENDED
  }

  /**
   * Accepts a request.
   *
   * @param request what to do; the job owns its bodies from now on
   * @param sink who wants the answer
   * @param arrivalNanos when the request arrived, in the loop's time
   * @param deadlineNanos when its deadline passes; {@link Long#MAX_VALUE}: never
   * @param priority its lane; absent: the model has no lanes
   */
  public Job(
      InferenceRequest request,
      ResponseSink sink,
      long arrivalNanos,
      long deadlineNanos,
      @Nullable Priority priority) {
    this.request = request;
    this.sink = sink;
    this.arrivalNanos = arrivalNanos;
    this.deadlineNanos = deadlineNanos;
    this.priority = priority;
  }

  @Override
  public InferenceRequest request() {
    return request;
  }

  @Override
  public long deadlineNanos() {
    return deadlineNanos;
  }

  @Override
  public int credits() {
    return stream == null ? 0 : stream.initialCredits();
  }

  /** When the request arrived, in the loop's time. */
  public long arrivalNanos() {
    return arrivalNanos;
  }

  /** The job's lane; absent: the model has no lanes. */
  public @Nullable Priority priority() {
    return priority;
  }

  /** Whether the job has to run in a batch of its own, with nothing beside it. */
  @Override
  public boolean alone() {
    return alone;
  }

  /** Whether the job has ended and only waits to be skipped. */
  public boolean ended() {
    return state == State.ENDED;
  }

  public boolean queued() {
    return state == State.QUEUED;
  }

  public ResponseSink sink() {
    return sink;
  }

  public @Nullable Run run() {
    return run;
  }

  public @Nullable StreamFlow stream() {
    return stream;
  }

  public void stream(StreamFlow flow) {
    stream = flow;
  }

  /** Losses of the batch that the job was first run in; absent: it never lost a worker. */
  public @Nullable BatchLosses losses() {
    return losses;
  }

  /** The job has left the queue. */
  public void taken() {
    state = State.TAKEN;
  }

  /** The job waits for another one's answer. */
  public void follows() {
    state = State.FOLLOWING;
  }

  public void started(Run inRun) {
    state = State.RUNNING;
    run = inRun;
  }

  /** Puts the job back among the waiting, as it was. */
  public void requeued() {
    state = State.QUEUED;
    run = null;
    stream = null;
  }

  /** Puts the job back among the waiting, to be run in a batch of its own. */
  public void requeuedAlone(BatchLosses inBatch) {
    requeued();
    alone = true;
    losses = inBatch;
  }

  /** Ends the job and gives its bodies back; false if it had ended before. */
  public boolean end() {
    if (state == State.ENDED) {
      return false;
    }
    state = State.ENDED;
    request.release();
    return true;
  }
}
