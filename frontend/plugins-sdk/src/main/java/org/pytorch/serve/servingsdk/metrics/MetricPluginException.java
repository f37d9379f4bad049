package org.pytorch.serve.servingsdk.metrics;

/** A plugin for metrics failed. */
class MetricPluginException extends RuntimeException {
  public MetricPluginException(String message) {
    super(message);
  }

  public MetricPluginException(String message, Throwable cause) {
    super(message, cause);
  }
}
