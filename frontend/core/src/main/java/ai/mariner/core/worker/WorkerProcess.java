package ai.mariner.core.worker;

/** A started process. */
public interface WorkerProcess {
  /** Kills the process and what it started; does nothing if it has ended. Never blocks. */
  void kill();

  /**
   * Asks the process to write the stacks of all its threads to its log; does nothing if it has
   * ended.
   */
  void dumpStacks();

  /** Last lines that the process wrote to its error output, oldest first; empty if none. */
  String lastErrorLines();
}
