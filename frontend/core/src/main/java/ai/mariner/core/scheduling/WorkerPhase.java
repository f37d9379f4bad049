package ai.mariner.core.scheduling;

/** Where a worker is in the life of its present process. */
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
  /** No process; the next one is started after a wait. */
  BACKING_OFF,
  /** No process, for good. */
  ENDED
}
