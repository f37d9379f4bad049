package ai.mariner.server.metrics;

import ai.mariner.core.config.DeclaredMetric;
import ai.mariner.core.config.MetricsConfig;
import ai.mariner.core.config.MetricsMode;
import ai.mariner.core.config.StandardMetrics;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.metrics.ModelMetrics;
import ai.mariner.core.metrics.ServerMetrics;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/**
 * Metrics behind {@code GET /metrics}. Thread-safe; an event costs a few additions and allocates
 * nothing.
 */
public final class PrometheusMetrics implements ServerMetrics {
  /** Type of the page that {@link #expose} makes. */
  public static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private static final int STATUS_CLASS = 100;

  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final PrometheusTextFormatWriter writer = PrometheusTextFormatWriter.create();
  private final Families families;
  private final Map<ModelKey, ModelMeters> models = new HashMap<>();
  private final MetricsConfig config;
  private final HandlerMetrics handlers;
  private final PredictionTimes pagePredictions;
  private final PredictionTimes loggedPredictions;
  private final SystemMetrics system;
  private final Set<String> hidden;
  private final LongAdder requests2xx;
  private final LongAdder requests4xx;
  private final LongAdder requests5xx;

  /**
   * Empty metrics.
   *
   * @param hostname {@code hostname} label of TorchServe's series
   * @param config what is shown, and what is taken of models
   * @param nettyDirectBytes how much memory Netty's buffers hold outside the heap
   */
  public PrometheusMetrics(String hostname, MetricsConfig config, LongSupplier nettyDirectBytes) {
    this.config = config;
    families = new Families(registry, hostname);
    requests2xx = families.requests2xx.series("Host", hostname);
    requests4xx = families.requests4xx.series("Host", hostname);
    requests5xx = families.requests5xx.series("Host", hostname);
    ProcessGauges.register(registry, nettyDirectBytes);
    GaugeWithCallback.builder()
        .name("mariner_oldest_wait_seconds")
        .help("How long the oldest waiting request has waited.")
        .labelNames("model_name", "model_version")
        .callback(this::oldestWaits)
        .register(registry);
    CounterWithCallback.builder()
        .name("mariner_worker_busy_seconds_total")
        .help(
            "Time that workers were busy, added up; one that runs several requests at once counts"
                + " by the share that it runs.")
        .labelNames("model_name", "model_version")
        .callback(this::busyTimes)
        .register(registry);
    pagePredictions = new PredictionTimes(hostname, config);
    loggedPredictions = new PredictionTimes(hostname, config);
    hidden = hidden(config);
    system = new SystemMetrics(config);
    Set<String> reserved = families.names();
    StandardMetrics.OF_SERVER.forEach(metric -> reserved.add(metric.name()));
    if (config.ofServer() != null) {
      config.ofServer().forEach(metric -> reserved.add(metric.name()));
    }
    handlers = new HandlerMetrics(config, reserved, this::refused);
  }

  @Override
  public ModelMetrics model(ModelKey key) {
    synchronized (models) {
      handlers.modelAdded(key);
      return models.computeIfAbsent(key, absent -> new ModelMeters(families, absent));
    }
  }

  @Override
  public void modelRemoved(ModelKey key) {
    synchronized (models) {
      ModelMeters meters = models.remove(key);
      if (meters == null) {
        return;
      }
      handlers.modelRemoved(key); // first, so that no refusal is counted afterwards
      meters.remove();
      if (models.keySet().stream().noneMatch(other -> other.name().equals(key.name()))) {
        families.removeRequests(key.name(), Families.DEFAULT_VERSION);
      }
    }
  }

  /**
   * Counts lines of a log that were not written for want of time.
   *
   * @param log which log
   * @param lines how many so far
   */
  public void logLinesDropped(String log, LongSupplier lines) {
    CounterWithCallback.builder()
        .name("mariner_log_lines_dropped_total")
        .help("Lines of a log that came faster than they could be written.")
        .labelNames("log")
        .callback(point -> point.call((double) lines.getAsLong(), log))
        .register(registry);
  }

  /** Where the metrics go that models emit. */
  public ModelMetricSink handlerMetrics() {
    return handlers;
  }

  /** Where that goes which is measured of the system. */
  public SystemMetrics systemMetrics() {
    return system;
  }

  /** What is logged of the server, in modes that log. */
  public ServerMetricLines serverMetricLines(InstantSource clock) {
    return new ServerMetricLines(families, config, clock);
  }

  /** What is logged of models beside what they emit, in modes that log: what has changed. */
  public List<MetricLine> modelMetricLines(InstantSource clock) {
    if (config.mode() == MetricsMode.PROMETHEUS) {
      return List.of();
    }
    synchronized (models) {
      return List.copyOf(loggedPredictions.changes(models, clock).values());
    }
  }

  private void refused(ModelKey key, MetricRefusal reason) {
    families.metricsRefused.labelValues(key.name(), key.version(), reason.label()).inc();
  }

  @Override
  public void httpAnswered(int status) {
    switch (status / STATUS_CLASS) {
      case 2 -> requests2xx.increment();
      case 4 -> requests4xx.increment();
      default -> requests5xx.increment();
    }
  }

  /**
   * The page in the text format.
   *
   * @param names families or series to show, as in {@code ?name[]=…}; empty: all
   * @return UTF-8 text of {@link #CONTENT_TYPE}
   */
  public byte[] expose(Collection<String> names) {
    NameFilter wanted = NameFilter.of(names);
    StringBuilder plain = new StringBuilder();
    for (PlainCounter family : families.plainCounters()) {
      if (shows(wanted, family.name())) {
        family.write(plain);
      }
    }
    synchronized (models) {
      pagePredictions.changes(models, InstantSource.system()).forEach(handlers::measured);
    }
    handlers.write(plain, wanted);
    system.write(plain, wanted);
    MetricSnapshots.Builder chosen = MetricSnapshots.builder();
    for (MetricSnapshot snapshot : registry.scrape()) {
      if (shows(wanted, snapshot.getMetadata().getPrometheusName())) {
        chosen.metricSnapshot(snapshot);
      }
    }
    ByteArrayOutputStream page = new ByteArrayOutputStream();
    try {
      page.write(plain.toString().getBytes(StandardCharsets.UTF_8));
      writer.write(page, chosen.build());
    } catch (IOException e) {
      throw new UncheckedIOException("a page in memory can be written", e);
    }
    return page.toByteArray();
  }

  private void oldestWaits(GaugeWithCallback.Callback point) {
    synchronized (models) {
      models.forEach(
          (key, meters) -> point.call(meters.oldestWaitSeconds(), key.name(), key.version()));
    }
  }

  private void busyTimes(CounterWithCallback.Callback point) {
    synchronized (models) {
      models.forEach((key, meters) -> point.call(meters.busySeconds(), key.name(), key.version()));
    }
  }

  private boolean shows(NameFilter wanted, String family) {
    return wanted.accepts(family) && !hidden.contains(family);
  }

  /** The server's metrics that a metrics file leaves out. */
  private static Set<String> hidden(MetricsConfig config) {
    Set<String> hidden = new HashSet<>();
    List<DeclaredMetric> shown = config.ofServer();
    if (shown != null) {
      StandardMetrics.OF_SERVER.forEach(metric -> hidden.add(metric.name()));
      shown.forEach(metric -> hidden.remove(metric.name()));
    }
    return hidden;
  }
}
