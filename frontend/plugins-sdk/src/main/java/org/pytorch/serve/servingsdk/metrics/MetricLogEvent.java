package org.pytorch.serve.servingsdk.metrics;

import java.util.Date;

/** A metric as it was logged. */
public interface MetricLogEvent {
  /** Level of the log. */
  String getLevel();

  /** The metric. */
  BaseMetric getMetric();

  /** When it was logged. */
  Date getTimestamp();
}
