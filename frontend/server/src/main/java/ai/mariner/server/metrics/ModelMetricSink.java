package ai.mariner.server.metrics;

import ai.mariner.core.message.ModelKey;

/** Takes the metrics that models emit. Thread-safe; never blocks for long. */
@FunctionalInterface
public interface ModelMetricSink {
  /**
   * Takes one value.
   *
   * @param model model whose worker emitted it
   * @param line the metric
   * @return whether it is one of those that are kept; others are not to be logged either
   */
  boolean take(ModelKey model, MetricLine line);
}
