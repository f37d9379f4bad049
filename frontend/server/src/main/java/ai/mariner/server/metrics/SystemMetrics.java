package ai.mariner.server.metrics;

import ai.mariner.core.config.DeclaredMetric;
import ai.mariner.core.config.MetricType;
import ai.mariner.core.config.MetricsConfig;
import ai.mariner.core.config.StandardMetrics;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What was last measured of the system, as series. Thread-safe. */
public final class SystemMetrics {
  private static final Logger log = LoggerFactory.getLogger(SystemMetrics.class);
  private static final String OWNER = "system";

  private final Map<String, DeclaredMetric> declared = new HashMap<>();
  private final Map<String, EmittedFamily<String>> families = new TreeMap<>();
  private final Set<String> told = new HashSet<>();

  SystemMetrics(MetricsConfig config) {
    List<DeclaredMetric> given = config.ofServer();
    List<DeclaredMetric> shown = given == null ? StandardMetrics.OF_SERVER : given;
    shown.forEach(metric -> declared.put(metric.name(), metric));
  }

  /**
   * Takes what was measured; gauges that are not measured any more are dropped.
   *
   * @return those lines that are declared
   */
  public synchronized List<MetricLine> update(List<MetricLine> lines) {
    families.values().removeIf(family -> family.type() == MetricType.GAUGE);
    List<MetricLine> taken = new ArrayList<>();
    for (MetricLine line : lines) {
      DeclaredMetric declaration = declared.get(line.name());
      String labels = declaration == null ? null : labels(line, declaration);
      if (declaration != null && labels != null) {
        add(line, declaration, labels);
        taken.add(line);
      } else if (!isStandard(line.name()) && told.add(line.name()) && told.size() <= 100) {
        log.warn(
            "system metric {} ({}) is not taken (expected: declared under ts_metrics in"
                + " metrics_config, with these dimensions)",
            line.name(),
            line.dimensions());
      }
    }
    return taken;
  }

  /** Writes the families that are asked for. */
  synchronized void write(StringBuilder page, NameFilter wanted) {
    for (EmittedFamily<String> family : families.values()) {
      if (wanted.accepts(family.name())) {
        family.write(page);
      }
    }
  }

  private void add(MetricLine line, DeclaredMetric declaration, String labels) {
    double value = line.number();
    if (declaration.type() == MetricType.COUNTER && !(value >= 0 && Double.isFinite(value))) {
      return;
    }
    String name = PageText.name(line.name());
    families
        .computeIfAbsent(
            name,
            absent ->
                new EmittedFamily<>(
                    name,
                    declaration.type(),
                    "Measured of the system; unit: " + declaration.unit()))
        .take(OWNER, labels, value);
  }

  private static boolean isStandard(String name) {
    return StandardMetrics.OF_SERVER.stream().anyMatch(metric -> metric.name().equals(name));
  }

  /** The labels as declared, or {@code null} if the line has others. */
  private static @Nullable String labels(MetricLine line, DeclaredMetric declaration) {
    Map<String, String> given = new HashMap<>(Map.of("Hostname", line.hostname()));
    line.dimensionList().forEach(each -> given.put(each.name(), each.value()));
    StringBuilder labels = new StringBuilder();
    for (String dimension : declaration.dimensions()) {
      String value = given.remove(dimension);
      if (value == null) {
        return null;
      }
      PageText.label(labels, PageText.labelName(dimension), value);
    }
    given.remove("Hostname");
    return given.isEmpty() ? labels.toString() : null;
  }
}
