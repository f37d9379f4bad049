package ai.mariner.server.metrics;

import ai.mariner.core.config.DeclaredMetric;
import ai.mariner.core.config.MetricsConfig;
import ai.mariner.core.message.ModelKey;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * TorchServe's {@code PredictionTime}: how long a model's last run took. Its workers print it for
 * each request; here the frontend, which knows it anyway, tells the last one when somebody looks.
 * Used under the lock of the models.
 */
final class PredictionTimes {
  private static final String NAME = "PredictionTime";
  private static final double NANOS_PER_MILLI = 1e6;

  private final Map<ModelKey, Long> told = new HashMap<>();
  private final String hostname;
  private final @Nullable DeclaredMetric declared;

  /**
   * Nothing told yet.
   *
   * @param hostname of this machine
   * @param config says nothing of the metric where a metrics file leaves it out
   */
  PredictionTimes(String hostname, MetricsConfig config) {
    this.hostname = hostname;
    this.declared =
        config.ofModels().stream()
            .filter(metric -> metric.name().equals(NAME))
            .findFirst()
            .orElse(null);
  }

  /** The last runs of the models that have run since this was last asked. */
  Map<ModelKey, MetricLine> changes(Map<ModelKey, ModelMeters> models, InstantSource clock) {
    Map<ModelKey, MetricLine> lines = new HashMap<>();
    DeclaredMetric metric = declared;
    if (metric == null) {
      return lines;
    }
    told.keySet().retainAll(models.keySet());
    models.forEach(
        (key, meters) -> {
          long runs = meters.runs();
          Long before = told.put(key, runs);
          if (runs > (before == null ? 0 : before)) {
            lines.put(key, line(metric, key, meters.lastRunNanos(), clock));
          }
        });
    return lines;
  }

  private MetricLine line(DeclaredMetric metric, ModelKey key, long nanos, InstantSource clock) {
    List<String> dimensions = new ArrayList<>();
    for (String dimension : metric.dimensions()) {
      switch (dimension) {
        case "ModelName" -> dimensions.add("ModelName:" + key.name());
        case "Level" -> dimensions.add("Level:Model");
        default -> {}
      }
    }
    return new MetricLine(
        NAME,
        metric.unit(),
        String.format(Locale.ROOT, "%.2f", nanos / NANOS_PER_MILLI),
        String.join(",", dimensions),
        metric.type(),
        hostname,
        Long.toString(clock.instant().getEpochSecond()),
        null);
  }
}
