package ai.mariner.core.access;

/** What a token opens. */
public enum TokenScope {
  /** Inference calls. */
  INFERENCE,
  /** Management calls. */
  MANAGEMENT,
  /** Making new tokens. */
  API
}
