package ai.mariner.server.metrics;

import ai.mariner.core.message.ModelKey;
import ai.mariner.core.metrics.ModelMetrics;
import ai.mariner.core.metrics.ServerMetrics;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
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
  private final LongAdder requests2xx;
  private final LongAdder requests4xx;
  private final LongAdder requests5xx;

  /**
   * Empty metrics.
   *
   * @param hostname {@code hostname} label of TorchServe's series
   * @param nettyDirectBytes how much memory Netty's buffers hold outside the heap
   */
  public PrometheusMetrics(String hostname, LongSupplier nettyDirectBytes) {
    families = new Families(registry, hostname);
    requests2xx = families.requests2xx.series("Host", hostname);
    requests4xx = families.requests4xx.series("Host", hostname);
    requests5xx = families.requests5xx.series("Host", hostname);
    ProcessGauges.register(registry, nettyDirectBytes);
  }

  @Override
  public ModelMetrics model(ModelKey key) {
    synchronized (models) {
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
      meters.remove();
      if (models.keySet().stream().noneMatch(other -> other.name().equals(key.name()))) {
        families.removeRequests(key.name(), Families.DEFAULT_VERSION);
      }
    }
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
    Set<String> wanted = new HashSet<>();
    names.forEach(name -> wanted.add(base(name)));
    StringBuilder plain = new StringBuilder();
    for (PlainCounter family : families.plainCounters()) {
      if (wanted.isEmpty() || wanted.contains(base(family.name()))) {
        family.write(plain);
      }
    }
    MetricSnapshots.Builder chosen = MetricSnapshots.builder();
    for (MetricSnapshot snapshot : registry.scrape()) {
      if (wanted.isEmpty() || wanted.contains(base(snapshot.getMetadata().getPrometheusName()))) {
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

  /** A family's name without what its series have behind it. */
  private static String base(String name) {
    for (String suffix : new String[] {"_total", "_bucket", "_count", "_sum"}) {
      if (name.endsWith(suffix)) {
        return name.substring(0, name.length() - suffix.length());
      }
    }
    return name;
  }
}
