package ai.mariner.core.message;

/** What a handler is asked to do. Operations are never mixed in a batch. */
public enum Operation {
  /** Predict. */
  PREDICT,
  /** Explain a prediction. */
  EXPLAIN,
  /** Describe the model; always alone in its batch. */
  DESCRIBE
}
