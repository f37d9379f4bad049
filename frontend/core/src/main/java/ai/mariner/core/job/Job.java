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
  private final @Nullable Object key;

  private State state = State.QUEUED;
  private @Nullable RunGroup group;
  private @Nullable Run run;
  private @Nullable StreamFlow stream;

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
    this(request, sink, arrivalNanos, deadlineNanos, priority, request.batchKey());
  }

  /**
   * Accepts a request that a model's own rule keeps apart from others.
   *
   * @param key only jobs with equal keys run in one batch; absent: with all others that have none
   */
  public Job(
      InferenceRequest request,
      ResponseSink sink,
      long arrivalNanos,
      long deadlineNanos,
      @Nullable Priority priority,
      @Nullable Object key) {
    this.request = request;
    this.sink = sink;
    this.arrivalNanos = arrivalNanos;
    this.deadlineNanos = deadlineNanos;
    this.priority = priority;
    this.key = key;
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
    return 0;
  }

  @Override
  public int route() {
    return request.route();
  }

  /** When the request arrived, in the loop's time. */
  public long arrivalNanos() {
    return arrivalNanos;
  }

  /** The job's lane; absent: the model has no lanes. */
  public @Nullable Priority priority() {
    return priority;
  }

  /** Only jobs with equal keys run in one batch; absent: with all others that have none. */
  public @Nullable Object key() {
    return key;
  }

  /** Whether nothing may run beside its batch. */
  @Override
  public boolean alone() {
    return group != null;
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

  /** The group that the job runs again in; absent: it has not lost a worker. */
  public @Nullable RunGroup group() {
    return group;
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

  /** Puts the job back among the waiting, to be run in this group. */
  public void requeuedIn(RunGroup newGroup) {
    requeued();
    group = newGroup;
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
