package ai.mariner.core.config;

/** Which requests of a lost worker run again. */
public enum RetryOnWorkerLoss {
  /** The mates in a batch, each alone, and what had not begun. */
  MATES,
  /** Only what had not begun. */
  UNSTARTED,
  /** None. */
  NEVER
}
