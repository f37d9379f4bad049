package ai.mariner.server.config;

import ai.mariner.core.config.DeclaredMetric;
import ai.mariner.core.config.MetricType;
import ai.mariner.core.config.StandardMetrics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/**
 * A metrics file: the metrics of the server and those of models, by type. What is wrong with it is
 * collected, so that all of it can be told at once.
 */
final class MetricsFile {
  private static final String SERVER = "ts_metrics";
  private static final String MODELS = "model_metrics";
  private static final Set<String> KEYS = new TreeSet<>(List.of("dimensions", MODELS, SERVER));
  private static final Set<String> METRIC_KEYS =
      new TreeSet<>(List.of("dimensions", "name", "unit"));

  private final List<String> problems = new ArrayList<>();
  private final List<DeclaredMetric> ofServer = new ArrayList<>();
  private final List<DeclaredMetric> ofModels = new ArrayList<>();
  private boolean namesServerMetrics;

  private MetricsFile() {}

  /** Reads a file. */
  static MetricsFile read(Path path) {
    MetricsFile file = new MetricsFile();
    try {
      file.take(new Yaml(new SafeConstructor(options())).load(Files.readString(path)));
    } catch (IOException e) {
      file.problems.add("can't be read: " + e);
    } catch (YAMLException e) {
      file.problems.add(
          String.valueOf(e.getMessage()).replaceAll("\\s+", " ") + " (expected: YAML)");
    }
    return file;
  }

  /** What is wrong, one line each. */
  List<String> problems() {
    return List.copyOf(problems);
  }

  /** The server's metrics that it names; absent: it says nothing of them. */
  @Nullable List<DeclaredMetric> ofServer() {
    return namesServerMetrics ? List.copyOf(ofServer) : null;
  }

  /** The metrics of models that it names. */
  List<DeclaredMetric> ofModels() {
    return List.copyOf(ofModels);
  }

  /**
   * Where it wants a metric of the server otherwise than it is measured, one line each.
   *
   * @param others whether somebody measures what the server does not
   */
  List<String> differences(boolean others) {
    List<String> differences = new ArrayList<>();
    for (DeclaredMetric given : ofServer) {
      String where = SERVER + ": " + given.name() + ": ";
      DeclaredMetric measured =
          StandardMetrics.OF_SERVER.stream()
              .filter(own -> own.name().equals(given.name()))
              .findFirst()
              .orElse(null);
      if (measured == null && others) {
        continue;
      }
      if (measured == null) {
        differences.add(where + "not measured (expected: a metric of the server)");
      } else if (measured.type() != given.type()) {
        differences.add(
            where + given.type().text() + " (expected: " + measured.type().text() + ")");
      } else if (!measured.dimensions().equals(given.dimensions())) {
        differences.add(where + given.dimensions() + " (expected: " + measured.dimensions() + ")");
      }
    }
    return differences;
  }

  private static LoaderOptions options() {
    LoaderOptions options = new LoaderOptions();
    options.setAllowDuplicateKeys(false);
    return options;
  }

  private void take(@Nullable Object top) {
    if (!(top instanceof Map<?, ?> sections)) {
      problems.add("not a mapping (expected: " + String.join(", ", KEYS) + ")");
      return;
    }
    for (Object key : sections.keySet()) {
      if (!KEYS.contains(String.valueOf(key))) {
        problems.add(key + ": unknown key (expected: " + String.join(", ", KEYS) + ")");
      }
    }
    Object models = sections.get(MODELS);
    if (models == null || Map.of().equals(models)) {
      problems.add(
          MODELS + ": " + models + " (expected: metrics by type)"); // nor do workers take it
    }
    namesServerMetrics = sections.get(SERVER) != null;
    section(SERVER, sections.get(SERVER), ofServer);
    section(MODELS, sections.get(MODELS), ofModels);
  }

  private void section(String name, @Nullable Object section, List<DeclaredMetric> into) {
    if (section == null) {
      return;
    }
    if (!(section instanceof Map<?, ?> types)) {
      problems.add(name + ": not a mapping (expected: metrics by type)");
      return;
    }
    for (Map.Entry<?, ?> entry : types.entrySet()) {
      String where = name + ": " + entry.getKey();
      MetricType type = type(String.valueOf(entry.getKey()));
      if (type == null) {
        problems.add(where + ": unknown type (expected: counter, gauge or histogram)");
      } else if (entry.getValue() instanceof List<?> metrics) {
        metrics.forEach(metric -> metric(where, type, metric, into));
      } else if (entry.getValue() != null) {
        problems.add(where + ": not a list (expected: metrics)");
      }
    }
  }

  private static @Nullable MetricType type(String text) {
    for (MetricType type : MetricType.values()) {
      if (type.text().equals(text)) {
        return type;
      }
    }
    return null;
  }

  private void metric(
      String where, MetricType type, @Nullable Object given, List<DeclaredMetric> into) {
    if (!(given instanceof Map<?, ?> metric)) {
      problems.add(where + ": " + given + " (expected: name, unit, dimensions)");
      return;
    }
    for (Object key : metric.keySet()) {
      if (!METRIC_KEYS.contains(String.valueOf(key))) {
        problems.add(where + ": " + key + ": unknown key (expected: name, unit, dimensions)");
      }
    }
    String name = text(where, metric, "name");
    String unit = text(where + ": " + name, metric, "unit");
    List<String> dimensions = dimensions(where + ": " + name, metric.get("dimensions"));
    if (name == null || unit == null || dimensions == null) {
      return;
    }
    if (into.stream().anyMatch(known -> known.name().equals(name))) {
      problems.add(where + ": " + name + ": declared twice (expected: once)");
      return;
    }
    into.add(new DeclaredMetric(name, type, unit, dimensions));
  }

  private @Nullable String text(String where, Map<?, ?> metric, String key) {
    Object value = metric.get(key);
    if (value instanceof String text && !text.isBlank()) {
      return text;
    }
    problems.add(where + ": " + key + ": " + value + " (expected: a text)");
    return null;
  }

  private @Nullable List<String> dimensions(String where, @Nullable Object given) {
    if (given instanceof List<?> names && names.stream().allMatch(String.class::isInstance)) {
      return names.stream().map(String.class::cast).toList();
    }
    problems.add(where + ": dimensions: " + given + " (expected: a list of names)");
    return null;
  }
}
