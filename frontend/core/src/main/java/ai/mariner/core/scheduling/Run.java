package ai.mariner.core.scheduling;

import ai.mariner.core.message.Operation;
import java.util.List;

/** One batch on one worker, from its dispatch to its end. */
final class Run {
  private final long id;
  private final Operation operation;
  private final List<Job> jobs;
  private final long dispatchNanos;
  private long startNanos;
  private long progressNanos;
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

  void started(long now) {
    startNanos = now;
    progressNanos = now;
  }

  /** When the worker last showed that it works on this run. */
  long progressNanos() {
    return progressNanos;
  }

  void progressed(long now) {
    progressNanos = now;
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
  @org.jspecify.annotations.Nullable
  Job find(long itemId) {
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
