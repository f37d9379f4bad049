package org.pytorch.serve.servingsdk.metrics;

/** Is told of metrics. */
public interface MetricEventListener {
  /** Takes a metric. */
  void handle(MetricLogEvent event);
}
