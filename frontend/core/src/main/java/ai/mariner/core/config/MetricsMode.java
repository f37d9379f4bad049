package ai.mariner.core.config;

import java.util.Locale;

/** Where metrics go beside the metrics page, which is filled in every mode. */
public enum MetricsMode {
  /** Everything is logged, once for each request. */
  LOG,
  /** Nothing is logged. */
  PROMETHEUS,
  /** Everything is logged but the {@code ts_*} counters. */
  LEGACY;

  /** The mode of a value of {@code metrics_mode}. */
  public static MetricsMode of(String text) {
    return valueOf(text.toUpperCase(Locale.ROOT));
  }

  /** As in the configuration. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether metrics are logged at all. */
  public boolean logs() {
    return this != PROMETHEUS;
  }
}
