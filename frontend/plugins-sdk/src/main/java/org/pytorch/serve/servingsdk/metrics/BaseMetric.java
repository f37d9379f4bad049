package org.pytorch.serve.servingsdk.metrics;

import java.util.List;

/** A measured value. */
public interface BaseMetric {
  /** Host that measured. */
  String getHostName();

  /** Request that it belongs to. */
  String getRequestId();

  /** Name of the metric. */
  String getMetricName();

  /** The value as text. */
  String getValue();

  /** Unit of the value. */
  String getUnit();

  /** Dimensions. */
  List<BaseDimension> getDimensions();

  /** When it was measured. */
  String getTimestamp();
}
