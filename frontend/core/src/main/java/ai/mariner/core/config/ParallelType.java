package ai.mariner.core.config;

/** How one worker spreads a model over several devices. */
public enum ParallelType {
  /** Tensor parallel: one process for each device. */
  TP,
  /** Pipeline parallel: one process for each device. */
  PP,
  /** Both. */
  PPTP,
  /** One process that sees all of its devices. */
  CUSTOM
}
