package org.pytorch.serve.servingsdk.metrics;

/** A source of metrics. */
public interface MetricEventPublisher {
  /** Adds a listener. */
  void addMetricEventListener(MetricEventListener listener);

  /** Removes a listener. */
  void removeMetricEventListener(MetricEventListener listener);
}
