package org.pytorch.serve.servingsdk.annotations.helpers;

/** Listeners that can serve an endpoint. */
public enum EndpointTypes {
  /** None: it is not served. */
  NONE,
  /** That of predictions. */
  INFERENCE,
  /** That of models' administration. */
  MANAGEMENT,
  /** That of the metrics page. */
  METRIC
}
