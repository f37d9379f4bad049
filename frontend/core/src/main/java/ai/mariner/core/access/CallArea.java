package ai.mariner.core.access;

/** What a call belongs to. */
public enum CallArea {
  /** Predictions, explanations, and what describes models to their clients. */
  INFERENCE,
  /** Models and workflows: list, register, scale, remove. */
  MANAGEMENT,
  /** The metrics page. */
  METRICS
}
