package ai.mariner.core.scheduling;

import ai.mariner.core.message.Operation;
import ai.mariner.core.worker.ItemReply;
import ai.mariner.core.worker.WorkerLink;
import ai.mariner.core.worker.WorkerLink.CancelReason;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One batch on one worker, from its dispatch to its end. */
final class Run {
  private final long id;
  private final Operation operation;
  private final List<Job> jobs;
  private final long dispatchNanos;
  private long startNanos;
  private long progressNanos;
  private boolean begun;
  private boolean prepared;
  private int cursor;
  private boolean streamed;

  Run(long id, Operation operation, List<Job> jobs, long dispatchNanos) {
    this.id = id;
    this.operation = operation;
    this.jobs = jobs;
    this.dispatchNanos = dispatchNanos;
    this.startNanos = dispatchNanos;
    this.progressNanos = dispatchNanos;
  }

  long id() {
    return id;
  }

  Operation operation() {
    return operation;
  }

  List<Job> jobs() {
    return jobs;
  }

  long dispatchNanos() {
    return dispatchNanos;
  }

  /** When the worker got to it: at its dispatch, or when the run before it ended. */
  long startNanos() {
    return startNanos;
  }

  /** Whether the worker has got to it, as far as its answers tell. */
  boolean begun() {
    return begun;
  }

  /** Whether the worker may have begun to prepare it beside the run before it. */
  boolean prepared() {
    return prepared;
  }

  void markPrepared() {
    prepared = true;
  }

  /** Whether it may be prepared beside another one, or the other one beside it. */
  boolean sociable() {
    return operation == Operation.PREDICT && !jobs.get(0).alone();
  }

  void started(long now) {
    begun = true;
    startNanos = now;
    progressNanos = now;
  }

  /** When the worker last showed that it works on this run. */
  long progressNanos() {
    return progressNanos;
  }

  /** Hands it over to a worker. */
  void send(WorkerLink link) {
    link.run(id, operation, jobs);
  }

  /** Says that nobody waits for a job any more. */
  void cancel(Job job, CancelReason reason, WorkerLink link, long now) {
    if (waitsForReader()) {
      // What was waited for won't come: from now on the handler is expected to end.
      progressNanos = now;
    }
    link.cancel(id, job.request().id(), reason);
  }

  /** Lets the stream of a job go on. */
  void credit(Job job, int pieces, WorkerLink link, long now) {
    progressNanos = now;
    link.credit(id, job.request().id(), pieces);
  }

  /** Passes on what its worker says; answers that nobody waits for are released. */
  void replied(List<ItemReply> items, boolean ended, long now, ProcessKeeper keeper) {
    progressNanos = now;
    for (int i = 0; i < items.size(); i++) {
      ItemReply item = items.get(i);
      Job job = find(item.itemId());
      if (job == null || job.ended()) {
        item.reply().body().release();
      } else {
        keeper.replied(this, job, item, ended || item.ended());
      }
    }
  }

  boolean streamed() {
    return streamed;
  }

  void markStreamed() {
    streamed = true;
  }

  /**
   * The job of an answer, or {@code null} for an unknown id. Answers mostly come in batch order, so
   * this looks there first.
   */
  private @Nullable Job find(long itemId) {
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
  boolean waitsForReader() {
    Job only = jobs.size() == 1 ? jobs.get(0) : null;
    StreamFlow flow = only == null || only.ended() ? null : only.stream();
    return flow != null && flow.exhausted();
  }
}
