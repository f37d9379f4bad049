package ai.mariner.core.process;

import ai.mariner.core.job.LossCause;
import ai.mariner.core.time.Loop;
import ai.mariner.core.worker.WorkerProcess;
import org.jspecify.annotations.Nullable;

/** How a process ends, and why, as far as that was decided here. On the pool's loop. */
final class ProcessEnd {
  private final Loop loop;

  /** Absent: not started yet. */
  private @Nullable WorkerProcess process;

  /** Absent: it need not end, or will say so itself. */
  private @Nullable LossCause cause;

  private boolean told;

  ProcessEnd(Loop loop) {
    this.loop = loop;
  }

  /** The process was started. */
  void started(WorkerProcess newProcess) {
    process = newProcess;
  }

  /** Whether it has to end. */
  boolean decided() {
    return cause != null;
  }

  /** Decides why it has to end, whatever was decided before. */
  void decide(LossCause why) {
    cause = why;
  }

  /** Decides why it has to end, unless that was decided before. */
  void decideFirst(LossCause why) {
    if (cause == null) {
      cause = why;
    }
  }

  /** Ends it at once. */
  void kill() {
    WorkerProcess current = process;
    if (current != null) {
      current.kill();
    }
  }

  /** Says that it is not needed any more. */
  void leave() {
    WorkerProcess current = process;
    if (current != null) {
      current.leave();
    }
  }

  /** Gives it a moment to write its stacks, then ends it; who waits for it is told now. */
  void killAfterStacks() {
    told = true;
    WorkerProcess current = process;
    if (current != null) {
      current.dumpStacks();
      loop.schedule(current::kill, WorkerPlan.STACKS_GRACE.toNanos());
    }
  }

  /** Whether its loss was told before its end. */
  boolean told() {
    return told;
  }

  /**
   * Makes sure that nothing is left of it.
   *
   * @param seen why it seems to have ended, if nothing was decided here
   * @return why it ended, with its last words
   */
  LossCause settle(LossCause seen) {
    LossCause decided = cause;
    LossCause why = decided == null ? seen : decided;
    WorkerProcess dead = process;
    if (dead == null) {
      return why;
    }
    LossCause known = why.orDetail(dead.lastErrorLines());
    dead.kill();
    return known;
  }
}
