package ai.mariner.rest;

/** A set of routes; a listener serves one or several. */
public enum Api {
  /** Predictions, explanations, health. */
  INFERENCE,
  /** Models: list, register, scale, unregister. */
  MANAGEMENT,
  /** The metrics page. */
  METRICS
}
