package ai.mariner.server.metrics;

import ai.mariner.core.config.DeclaredMetric;
import ai.mariner.core.config.MetricType;
import ai.mariner.core.config.MetricsConfig;
import ai.mariner.core.message.ModelKey;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The metrics that models emit, as series. What workers emit is added to what is there, so a
 * counter goes on when its worker is replaced. Thread-safe.
 */
final class HandlerMetrics implements ModelMetricSink {
  private static final Logger log = LoggerFactory.getLogger(HandlerMetrics.class);
  private static final String MODEL_NAME = "ModelName";
  private static final String HOSTNAME = "Hostname";
  private static final List<String> OWN_PREFIXES = List.of("mariner_", "jvm_", "process_");

  private final MetricsConfig config;
  private final Set<String> reserved;
  private final BiConsumer<ModelKey, MetricRefusal> refusals;
  private final Map<String, DeclaredMetric> declared = new HashMap<>();
  private final Map<String, EmittedFamily<ModelKey>> families = new TreeMap<>();
  private final Map<String, String> lineNames = new HashMap<>();
  private final Map<ModelKey, Account> accounts = new HashMap<>();

  /**
   * No series yet.
   *
   * @param config declarations and bounds
   * @param reserved names on the page that are the server's
   * @param refusals told of each value that is not taken
   */
  HandlerMetrics(
      MetricsConfig config, Set<String> reserved, BiConsumer<ModelKey, MetricRefusal> refusals) {
    this.config = config;
    this.reserved = Set.copyOf(reserved);
    this.refusals = refusals;
    config.ofModels().forEach(metric -> declared.put(metric.name(), metric));
  }

  /** Metrics of this model are taken from now on. */
  synchronized void modelAdded(ModelKey model) {
    accounts.computeIfAbsent(model, absent -> new Account());
  }

  /** Drops the series that no other model writes to, and takes no more of this one. */
  synchronized void modelRemoved(ModelKey model) {
    accounts.remove(model);
    families.values().forEach(family -> family.remove(model));
    families.values().removeIf(EmittedFamily::isEmpty);
    lineNames.values().retainAll(families.keySet());
  }

  @Override
  public boolean take(ModelKey model, MetricLine line) {
    // The others are logged all the same: only what is not declared is nobody's wish.
    return taken(model, line) != MetricRefusal.UNDECLARED;
  }

  /** Takes what the server itself measures of a model, which is none of the series it may have. */
  synchronized void measured(ModelKey model, MetricLine line) {
    Account account = accounts.get(model);
    if (account != null) {
      int series = account.series;
      account.series = Integer.MIN_VALUE;
      taken(model, line);
      account.series = series;
    }
  }

  /** Writes the families that are asked for. */
  synchronized void write(StringBuilder page, NameFilter wanted) {
    for (EmittedFamily<ModelKey> family : families.values()) {
      if (wanted.accepts(family.name())) {
        family.write(page);
      }
    }
  }

  private synchronized @Nullable MetricRefusal taken(ModelKey model, MetricLine line) {
    Account account = accounts.get(model);
    if (account == null) {
      return null; // a last line of a worker whose model is gone
    }
    MetricRefusal refusal = add(model, account, line);
    if (refusal != null) {
      refusals.accept(model, refusal);
    }
    if (refusal != null && account.told.add(refusal)) {
      log.warn(
          "model {}: metric {} = {} ({}) is not taken ({}); said once for each model and reason",
          model,
          line.name(),
          line.value(),
          line.dimensions(),
          refusal.expected());
    }
    return refusal;
  }

  private @Nullable MetricRefusal add(ModelKey model, Account account, MetricLine line) {
    DeclaredMetric known = declared.get(line.name());
    if (known == null && !config.autoDetect()) {
      return MetricRefusal.UNDECLARED;
    }
    String name = PageText.name(line.name());
    if (reserved.contains(name) || OWN_PREFIXES.stream().anyMatch(name::startsWith)) {
      return MetricRefusal.RESERVED;
    }
    MetricType type = known == null ? detected(line) : known.type();
    double value = line.number();
    if (!fits(type, value)) {
      return MetricRefusal.VALUE;
    }
    String labels = known == null ? labels(model, line) : declaredLabels(model, line, known);
    if (labels == null) {
      return MetricRefusal.DIMENSIONS;
    }
    EmittedFamily<ModelKey> family = families.get(name);
    if (family != null && family.type() != type) {
      return MetricRefusal.TYPE;
    }
    if (family == null || !family.has(model, labels)) {
      if (account.series >= config.maxSeries()) {
        return MetricRefusal.SERIES;
      }
      if (family == null) {
        family = made(name, type, line.unit());
        if (family == null) {
          return MetricRefusal.TYPE;
        }
      }
      account.series++;
    }
    family.take(model, labels, value);
    return null;
  }

  private static boolean fits(MetricType type, double value) {
    return switch (type) {
      case COUNTER -> value >= 0 && Double.isFinite(value);
      case GAUGE -> true;
      case HISTOGRAM -> !Double.isNaN(value);
    };
  }

  /** A new family, or {@code null} if its lines would stand among those of another one. */
  private @Nullable EmittedFamily<ModelKey> made(String name, MetricType type, String unit) {
    EmittedFamily<ModelKey> family =
        new EmittedFamily<>(name, type, "Emitted by models; unit: " + unit);
    if (family.lineNames().stream().anyMatch(lineNames::containsKey)) {
      return null;
    }
    family.lineNames().forEach(line -> lineNames.put(line, name));
    families.put(name, family);
    return family;
  }

  /** The type that the line tells; a line of the oldest form has a unit only. */
  private static MetricType detected(MetricLine line) {
    if (line.type() != null) {
      return line.type();
    }
    return line.unit().equalsIgnoreCase("count") ? MetricType.COUNTER : MetricType.GAUGE;
  }

  private static String labels(ModelKey model, MetricLine line) {
    Map<String, String> values = values(model, line);
    StringBuilder labels = new StringBuilder();
    values.forEach((name, value) -> PageText.label(labels, name, value));
    return labels.toString();
  }

  private static Map<String, String> values(ModelKey model, MetricLine line) {
    Map<String, String> values = new TreeMap<>();
    for (MetricLine.Dimension dimension : line.dimensionList()) {
      values.put(PageText.labelName(dimension.name()), dimension.value());
    }
    // What is emitted outside of requests does not name its model.
    values.putIfAbsent(MODEL_NAME, model.name());
    values.putIfAbsent(HOSTNAME, line.hostname());
    return values;
  }

  /** The labels in the order of the declaration, or {@code null} if they are not the same ones. */
  private static @Nullable String declaredLabels(
      ModelKey model, MetricLine line, DeclaredMetric declaration) {
    Map<String, String> given = values(model, line);
    StringBuilder labels = new StringBuilder();
    int extra = given.size();
    for (String dimension : declaration.dimensions()) {
      String name = PageText.labelName(dimension);
      String value = given.get(name);
      if (value == null) {
        return null;
      }
      PageText.label(labels, name, value);
      extra--;
    }
    for (String own : List.of(MODEL_NAME, HOSTNAME)) {
      if (!declaration.dimensions().contains(own)) {
        PageText.label(labels, own, given.getOrDefault(own, ""));
        extra--;
      }
    }
    return extra == 0 ? labels.toString() : null;
  }

  /** What a model has. */
  private static final class Account {
    final Set<MetricRefusal> told = EnumSet.noneOf(MetricRefusal.class);
    int series;
  }
}
