package ai.mariner.core.config;

/** How a batch is formed. */
public enum BatchPolicy {
  /** An idle worker takes what is there; batches grow by themselves while workers are busy. */
  GREEDY,
  /** A batch waits until it is full or {@code maxBatchDelay} after its oldest request arrived. */
  WINDOW
}
