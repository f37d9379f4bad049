package ai.mariner.core.worker;

import org.jspecify.annotations.Nullable;

/** A started process. */
public interface WorkerProcess {
  /** Kills the process and what it started; does nothing if it has ended. Never blocks. */
  void kill();

  /** Says that the process is not needed any more, whatever it does; never blocks. */
  default void leave() {
    kill();
  }

  /**
   * Asks the process to write the stacks of all its threads to its log; does nothing if it has
   * ended.
   */
  void dumpStacks();

  /** Last lines that the process wrote to its error output, oldest first; empty if none. */
  String lastErrorLines();

  /** The models that share the process; absent: there is only one. */
  default @Nullable Company company() {
    return null;
  }
}
