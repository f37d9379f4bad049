package ai.mariner.server.metrics;

import ai.mariner.core.message.ModelKey;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** All families of series that requests and workers feed. */
final class Families {
  /** {@code model_version} of requests that name no version. */
  static final String DEFAULT_VERSION = "default";

  private static final List<String> WORKER_STATES = List.of("ready", "starting", "stopping");
  private static final double[] SECONDS = {
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    30, 60
  };
  private static final double[] BATCHES = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024};
  private static final double NANOS_PER_MICRO = 1000;

  private final PrometheusRegistry registry;
  private final Set<String> names = new HashSet<>();
  final String hostname;

  final PlainCounter inferences =
      perModel("ts_inference_requests_total", "Requests that arrived.", 1);
  final PlainCounter inferenceMicros =
      perModel(
          "ts_inference_latency_microseconds",
          "Time of answered requests, from arrival to answer, in microseconds.",
          NANOS_PER_MICRO);
  final PlainCounter queueMicros =
      perModel(
          "ts_queue_latency_microseconds",
          "Time that answered requests waited in the queue, in microseconds.",
          NANOS_PER_MICRO);
  final PlainCounter requests2xx = perHost("Requests2XX", "HTTP answers with a status of 2xx.");
  final PlainCounter requests4xx = perHost("Requests4XX", "HTTP answers with a status of 4xx.");
  final PlainCounter requests5xx =
      perHost("Requests5XX", "HTTP answers with any status but 2xx and 4xx.");

  final Gauge queueTime;
  final Gauge workerThreadTime;
  final Gauge workerLoadTime;
  final Histogram queueSeconds;
  final Histogram inferenceSeconds;
  final Histogram requestSeconds;
  final Histogram batchSize;
  final Histogram laneSeconds;
  final Counter failed;
  final Counter cacheRequests;
  final Gauge cacheBytes;
  final Counter reruns;
  final Counter metricsRefused;
  final Counter workerLosses;
  final Counter workerRecycles;
  final Gauge queueDepth;
  final Gauge running;
  final Gauge workersReady;
  final Gauge workers;

  Families(PrometheusRegistry registry, String hostname) {
    this.registry = registry;
    this.hostname = hostname;
    queueTime = gauge("QueueTime", "Queue time of the last answer in ms.", "Level", "Hostname");
    workerThreadTime =
        gauge("WorkerThreadTime", "Run time of the last answer in ms.", "Level", "Hostname");
    workerLoadTime =
        gauge("WorkerLoadTime", "Time of a load in ms.", "WorkerName", "Level", "Hostname");
    queueSeconds = histogram("mariner_queue_seconds", "Time in the queue.", SECONDS);
    inferenceSeconds = histogram("mariner_inference_seconds", "Time in the worker.", SECONDS);
    requestSeconds = histogram("mariner_request_seconds", "Time from arrival to answer.", SECONDS);
    batchSize = histogram("mariner_batch_size", "Requests in a batch.", BATCHES);
    laneSeconds =
        histogram("mariner_lane_seconds", "Time in a lane of priority.", SECONDS, "priority");
    cacheRequests =
        counter("mariner_cache_requests_total", "What the response cache did.", "outcome");
    cacheBytes = perModelGauge("mariner_cache_bytes", "Bytes in the response cache.");
    failed = counter("mariner_requests_failed_total", "Requests without an answer.", "reason");
    metricsRefused =
        counter(
            "mariner_metrics_refused_total",
            "Values of metrics of models that were not taken.",
            "reason");
    reruns = counter("mariner_reruns_total", "Requests run again after a worker was lost.");
    workerLosses = counter("mariner_worker_losses_total", "Workers that ended by themselves.");
    workerRecycles =
        counter(
            "mariner_worker_recycles_total",
            "Workers replaced because they had lived long enough.",
            "reason");
    queueDepth = perModelGauge("mariner_queue_depth", "Requests that wait.");
    running = perModelGauge("mariner_running", "Requests in workers.");
    workers = gauge("mariner_workers", "Workers by state.", "model_name", "model_version", "state");
    workersReady = perModelGauge("mariner_workers_ready", "Workers that take requests.");
  }

  /** Names of all families. */
  Set<String> names() {
    return new HashSet<>(names);
  }

  /** TorchServe's gauges. */
  List<Gauge> hostGauges() {
    return List.of(queueTime, workerThreadTime, workerLoadTime);
  }

  /** The families that the Prometheus client does not write. */
  List<PlainCounter> plainCounters() {
    return List.of(requests2xx, requests4xx, requests5xx, inferenceMicros, inferences, queueMicros);
  }

  /** Drops the series of a model version. */
  void remove(ModelKey key) {
    String[] labels = {key.name(), key.version()};
    for (Histogram family : List.of(queueSeconds, inferenceSeconds, requestSeconds, batchSize)) {
      family.remove(labels);
    }
    for (Gauge family : List.of(queueDepth, running, workersReady, cacheBytes)) {
      family.remove(labels);
    }
    for (String state : WORKER_STATES) {
      workers.remove(key.name(), key.version(), state);
    }
    for (Counter family : List.of(reruns, workerLosses)) {
      family.remove(labels);
    }
    removeRequests(key.name(), key.version());
  }

  /** Drops the series of requests that named this version, or none. */
  void removeRequests(String name, String version) {
    for (PlainCounter family : List.of(inferences, inferenceMicros, queueMicros)) {
      family.remove(name, version, hostname);
    }
  }

  private PlainCounter perModel(String name, String help, double unitsPerOne) {
    names.add(name);
    return new PlainCounter(
        name, help, List.of("model_name", "model_version", "hostname"), unitsPerOne);
  }

  private PlainCounter perHost(String name, String help) {
    names.add(name);
    return new PlainCounter(name, help, List.of("Level", "Hostname"), 1);
  }

  private Gauge gauge(String name, String help, String... labels) {
    names.add(name);
    return Gauge.builder()
        .name(name)
        .help(help)
        .labelNames(labels)
        .withoutExemplars()
        .register(registry);
  }

  private Gauge perModelGauge(String name, String help) {
    return gauge(name, help, "model_name", "model_version");
  }

  private Histogram histogram(String name, String help, double[] bounds, String... more) {
    names.add(name);
    return Histogram.builder()
        .name(name)
        .help(help)
        .labelNames(perModelAnd(more))
        .classicOnly()
        .classicUpperBounds(bounds)
        .withoutExemplars()
        .register(registry);
  }

  private Counter counter(String name, String help, String... more) {
    names.add(name);
    return Counter.builder()
        .name(name)
        .help(help)
        .labelNames(perModelAnd(more))
        .withoutExemplars()
        .register(registry);
  }

  private static String[] perModelAnd(String... more) {
    String[] labels = new String[2 + more.length];
    labels[0] = "model_name";
    labels[1] = "model_version";
    System.arraycopy(more, 0, labels, 2, more.length);
    return labels;
  }
}
