package ai.mariner.core.metrics;

import ai.mariner.core.message.ModelKey;

/**
 * What the core counts and times. Implementations are thread-safe and cheap: they resolve names
 * once, not per event.
 */
public interface ServerMetrics {
  /** The meters of one model version, made on first use. */
  ModelMetrics model(ModelKey key);

  /** Forgets a model version that was unregistered. */
  void modelRemoved(ModelKey key);

  /** Counts an HTTP answer by its status. */
  void httpAnswered(int status);
}
