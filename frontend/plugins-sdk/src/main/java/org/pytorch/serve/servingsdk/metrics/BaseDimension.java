package org.pytorch.serve.servingsdk.metrics;

/** A dimension of a metric. */
public interface BaseDimension {
  /** Its name. */
  String getName();

  /** Its value. */
  String getValue();
}
