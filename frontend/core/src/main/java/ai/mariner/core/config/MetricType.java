package ai.mariner.core.config;

import java.util.Locale;

/** How the values of a metric add up. */
public enum MetricType {
  /** They are summed. */
  COUNTER,
  /** The last one counts. */
  GAUGE,
  /** They are counted by size. */
  HISTOGRAM;

  /** As in a metrics file, and on the metrics page. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
