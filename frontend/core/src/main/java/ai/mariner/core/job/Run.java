package ai.mariner.core.job;

import ai.mariner.core.message.Operation;
import ai.mariner.core.worker.WorkerLink;
import ai.mariner.core.worker.WorkerLink.CancelReason;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One batch on one worker, from its dispatch to its end. */
public final class Run {
  private final long id;
  private final Operation operation;
  private final List<Job> jobs;
  private final long dispatchNanos;
  private long startNanos;
  private long progressNanos;
  private boolean begun;
  private boolean prepared;
  private boolean givenUp;
  private long givenUpNanos;
  private int cursor;
  private boolean streamed;

  public Run(long id, Operation operation, List<Job> jobs, long dispatchNanos) {
    this.id = id;
    this.operation = operation;
    this.jobs = jobs;
    this.dispatchNanos = dispatchNanos;
    this.startNanos = dispatchNanos;
    this.progressNanos = dispatchNanos;
  }

  public long id() {
    return id;
  }

  public Operation operation() {
    return operation;
  }

  public List<Job> jobs() {
    return jobs;
  }

  public long dispatchNanos() {
    return dispatchNanos;
  }

  /** When the worker got to it: at its dispatch, or when the run before it ended. */
  public long startNanos() {
    return startNanos;
  }

  /** Whether the worker has got to it, as far as its answers tell. */
  public boolean begun() {
    return begun;
  }

  /** Whether the worker may have begun to prepare it beside the run before it. */
  public boolean prepared() {
    return prepared;
  }

  public void markPrepared() {
    prepared = true;
  }

  /** The group that its jobs run again in; absent: they have not lost a worker. */
  public @Nullable RunGroup group() {
    return jobs.get(0).group();
  }

  /** Whether it took too long and was given up, though its worker has not ended it. */
  public boolean givenUp() {
    return givenUp;
  }

  /** When it was given up, if it was. */
  public long givenUpNanos() {
    return givenUpNanos;
  }

  /** It took too long: its worker is asked to end it, and its jobs are told so. */
  public void giveUp(WorkerLink link, long now) {
    givenUp = true;
    givenUpNanos = now;
    for (Job job : jobs) {
      link.cancel(id, job.request().id(), CancelReason.OVERDUE);
    }
  }

  /** Whether it may be prepared beside another one, or the other one beside it. */
  public boolean sociable() {
    return operation == Operation.PREDICT && !jobs.get(0).alone();
  }

  public void started(long now) {
    begun = true;
    startNanos = now;
    progressNanos = now;
  }

  /** When the worker last showed that it works on this run. */
  public long progressNanos() {
    return progressNanos;
  }

  /** Hands it over to a worker. */
  public void send(WorkerLink link) {
    link.run(id, operation, jobs);
  }

  /** Says that nobody waits for a job any more. */
  public void cancel(Job job, CancelReason reason, WorkerLink link, long now) {
    if (waitsForReader()) {
      // What was waited for won't come: from now on the handler is expected to end.
      progressNanos = now;
    }
    link.cancel(id, job.request().id(), reason);
  }

  /** Lets the stream of a job go on. */
  public void credit(Job job, int pieces, WorkerLink link, long now) {
    progressNanos = now;
    link.credit(id, job.request().id(), pieces);
  }

  /** Its worker has shown that it works on it. */
  public void progressed(long now) {
    progressNanos = now;
  }

  public boolean streamed() {
    return streamed;
  }

  public void markStreamed() {
    streamed = true;
  }

  /**
   * The job of an answer, or {@code null} for an unknown id. Answers mostly come in batch order, so
   * this looks there first.
   */
  public @Nullable Job find(long itemId) {
    int size = jobs.size();
    for (int i = 0; i < size; i++) {
      int at = cursor + i;
      Job job = jobs.get(at < size ? at : at - size);
      if (job.request().id() == itemId) {
        cursor = (at < size ? at : at - size) + 1;
        return job;
      }
    }
    return null;
  }

  /** Whether the handler waits until the reader of its one stream has room. */
  public boolean waitsForReader() {
    Job only = jobs.size() == 1 ? jobs.get(0) : null;
    StreamFlow flow = only == null || only.ended() ? null : only.stream();
    return flow != null && flow.exhausted();
  }
}
