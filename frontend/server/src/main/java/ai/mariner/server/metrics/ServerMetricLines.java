package ai.mariner.server.metrics;

import ai.mariner.core.config.DeclaredMetric;
import ai.mariner.core.config.MetricsConfig;
import ai.mariner.core.config.MetricsMode;
import ai.mariner.core.config.StandardMetrics;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The server's own metrics as lines of a log: of a counter, what was added since the last time; of
 * a gauge, its value if it is another one. Not thread-safe.
 */
public final class ServerMetricLines {
  private final Families families;
  private final InstantSource clock;
  private final Map<String, DeclaredMetric> logged = new HashMap<>();
  private final Map<List<String>, Double> before = new HashMap<>();

  ServerMetricLines(Families families, MetricsConfig config, InstantSource clock) {
    this.families = families;
    this.clock = clock;
    List<DeclaredMetric> shown = config.ofServer();
    for (DeclaredMetric metric : shown == null ? StandardMetrics.OF_SERVER : shown) {
      // Under this mode, these are on the page only.
      if (config.mode() != MetricsMode.LEGACY || !metric.name().startsWith("ts_")) {
        logged.put(metric.name(), metric);
      }
    }
  }

  /** What has changed since it was last asked. */
  public List<MetricLine> changes() {
    Map<List<String>, Double> now = new HashMap<>();
    List<MetricLine> lines = new ArrayList<>();
    for (PlainCounter family : families.plainCounters()) {
      family
          .values()
          .forEach(
              (values, sum) -> {
                Double last = before.get(put(now, family.name(), values, sum));
                add(lines, family.name(), values, sum - (last == null ? 0 : last));
              });
    }
    for (Gauge family : families.hostGauges()) {
      GaugeSnapshot snapshot = family.collect();
      String name = snapshot.getMetadata().getPrometheusName();
      for (GaugeSnapshot.GaugeDataPointSnapshot point : snapshot.getDataPoints()) {
        List<String> values = values(name, point.getLabels());
        Double last = before.get(put(now, name, values, point.getValue()));
        if (last == null || last != point.getValue()) {
          add(lines, name, values, point.getValue());
        }
      }
    }
    before.clear();
    before.putAll(now);
    return lines;
  }

  private static List<String> put(
      Map<List<String>, Double> now, String name, List<String> values, double value) {
    List<String> key = new ArrayList<>(values);
    key.add(name);
    now.put(key, value);
    return key;
  }

  private static List<String> values(String name, Labels labels) {
    return dimensions(name).stream()
        .map(dimension -> String.valueOf(labels.get(dimension)))
        .toList();
  }

  private static List<String> dimensions(String name) {
    return StandardMetrics.OF_SERVER.stream()
        .filter(metric -> metric.name().equals(name))
        .findFirst()
        .orElseThrow()
        .dimensions();
  }

  private void add(List<MetricLine> lines, String name, List<String> values, double value) {
    DeclaredMetric metric = logged.get(name);
    if (metric == null || value == 0) {
      return;
    }
    List<String> dimensions = dimensions(name);
    StringBuilder shown = new StringBuilder();
    // The last one is the host.
    for (int i = 0; i < dimensions.size() - 1; i++) {
      shown.append(i == 0 ? "" : ",").append(dimensions.get(i)).append(':').append(values.get(i));
    }
    lines.add(
        new MetricLine(
            name,
            metric.unit(),
            Double.toString(value),
            shown.toString(),
            metric.type(),
            families.hostname,
            Long.toString(clock.instant().getEpochSecond()),
            null));
  }
}
