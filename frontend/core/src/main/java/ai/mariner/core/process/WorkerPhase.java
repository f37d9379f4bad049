package ai.mariner.core.process;

/** Where a process is in its life. */
enum WorkerPhase {
  /** The process was started and has not connected. */
  STARTING,
  /** It loads the model. */
  LOADING,
  /** It has loaded the model and answers sample requests. */
  WARMING,
  /** It takes runs. */
  READY,
  /** It was killed, or will be in a moment; waits for the end of the process. */
  DYING,
  /** The link has ended; waits to hear how the process did. */
  LOST,
  /** It has ended, or is given up. */
  ENDED
}
