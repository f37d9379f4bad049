package ai.mariner.core.config;

import java.util.List;

/**
 * A metric of a metrics file.
 *
 * @param name its name
 * @param type how its values add up
 * @param unit its unit, as it is written in the log
 * @param dimensions names of its dimensions
 */
public record DeclaredMetric(String name, MetricType type, String unit, List<String> dimensions) {
  /** Copies the list. */
  public DeclaredMetric {
    dimensions = List.copyOf(dimensions);
  }
}
