package org.pytorch.serve.servingsdk;

/** A worker of a model. */
public interface Worker {
  /** Whether it takes requests. */
  boolean isRunning();

  /** Resident memory of its process in bytes; 0: not known. */
  long getWorkerMemory();
}
