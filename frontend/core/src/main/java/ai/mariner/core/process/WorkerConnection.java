package ai.mariner.core.process;

import ai.mariner.core.job.Job;
import ai.mariner.core.job.Run;
import ai.mariner.core.worker.WorkerLink;
import org.jspecify.annotations.Nullable;

/**
 * The connection to a process while it stands. What can wait for nobody is not said without one. On
 * the pool's loop.
 */
final class WorkerConnection {
  private final int workerId;
  private @Nullable WorkerLink link;
  private @Nullable Long pid;

  WorkerConnection(int workerId) {
    this.workerId = workerId;
  }

  /** The process has connected. */
  void opened(WorkerLink newLink, long newPid) {
    link = newLink;
    pid = newPid;
  }

  /** The connection has ended. */
  void lost() {
    link = null;
  }

  /** Ends it. */
  void close() {
    link().close();
    link = null;
  }

  /** The process has ended. */
  void forget() {
    link = null;
    pid = null;
  }

  /** Absent: not connected, or ended. */
  @Nullable Long pid() {
    return pid;
  }

  /** The link; there must be one. */
  WorkerLink link() {
    WorkerLink current = link;
    if (current == null) {
      throw new IllegalStateException("worker " + workerId + " is not connected");
    }
    return current;
  }

  /** Which parts of the process have not done what they were asked; absent: it has none. */
  @Nullable String late() {
    WorkerLink current = link;
    return current == null ? null : current.late();
  }

  void flush() {
    WorkerLink current = link;
    if (current != null) {
      current.flush();
    }
  }

  void collect() {
    WorkerLink current = link;
    if (current != null) {
      current.collect();
    }
  }

  void cancel(Run run, Job job, WorkerLink.CancelReason reason, long now) {
    WorkerLink current = link;
    if (current != null) {
      run.cancel(job, reason, current, now);
    }
  }

  void credit(Run run, Job job, int pieces, long now) {
    WorkerLink current = link;
    if (current != null) {
      run.credit(job, pieces, current, now);
    }
  }
}
