package ai.mariner.server.metrics;

import java.util.Locale;

/** Why a metric that a model emitted is not taken. */
enum MetricRefusal {
  /** It is not declared, and metrics are not detected. */
  UNDECLARED("expected: declared in metrics_config, or model_metrics_auto_detect=true"),
  /** Its name is one of the server's. */
  RESERVED("expected: a name that the server does not use itself"),
  /** Another metric of this name has another type. */
  TYPE("expected: one type for a name"),
  /** Its dimensions are not the declared ones. */
  DIMENSIONS("expected: the dimensions that metrics_config declares"),
  /** Its value can't be taken. */
  VALUE("expected: a number, for a counter >= 0"),
  /** The model has as many series as it may. */
  SERIES("expected: no more series than max_metric_series");

  private final String expected;

  MetricRefusal(String expected) {
    this.expected = expected;
  }

  /** For messages. */
  String expected() {
    return expected;
  }

  /** As a label. */
  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
