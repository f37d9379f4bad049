package ai.mariner.sdk;

/** What a listener is there for. One address may serve several. */
public enum ListenerKind {
  /** Predictions, explanations, and what describes models to their clients. */
  INFERENCE,
  /** Models: list, register, scale, unregister. */
  MANAGEMENT,
  /** The page {@code /metrics}. */
  METRICS
}
