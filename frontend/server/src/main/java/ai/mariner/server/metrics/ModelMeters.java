package ai.mariner.server.metrics;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.message.Priority;
import ai.mariner.core.metrics.BusyTime;
import ai.mariner.core.metrics.CacheOutcome;
import ai.mariner.core.metrics.ModelMetrics;
import ai.mariner.core.metrics.RecycleReason;
import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.datapoints.DistributionDataPoint;
import io.prometheus.metrics.core.datapoints.GaugeDataPoint;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** The series of one model version, looked up once. */
final class ModelMeters implements ModelMetrics {
  private static final double NANOS_PER_SECOND = 1e9;
  private static final double NANOS_PER_MILLI = 1e6;
  private static final String HOST_LEVEL = "Host";

  private final Families families;
  private final ModelKey key;
  private final RequestSums named;
  private final RequestSums unnamed;
  private final GaugeDataPoint queueTime;
  private final GaugeDataPoint workerThreadTime;
  private final DistributionDataPoint queueSeconds;
  private final DistributionDataPoint inferenceSeconds;
  private final DistributionDataPoint requestSeconds;
  private final DistributionDataPoint batchSize;
  private final CounterDataPoint reruns;
  private final CounterDataPoint workerLosses;
  private final GaugeDataPoint queueDepth;
  private final GaugeDataPoint running;
  private final GaugeDataPoint workersReady;
  private final GaugeDataPoint readyToo;
  private final GaugeDataPoint workersStarting;
  private final GaugeDataPoint workersStopping;
  private final LongAdder answers = new LongAdder();
  private final BusyTime busyTime = new BusyTime();
  private volatile long lastRunNanos;
  private volatile boolean oneWaits;
  private volatile long oldestArrival;

  /** Filled on first use: most models never fail in most ways. */
  private final Map<ErrorKind, CounterDataPoint> failures = new ConcurrentHashMap<>();

  /** Filled on first use: most models have no cache. */
  private final Map<CacheOutcome, CounterDataPoint> cacheOutcomes = new ConcurrentHashMap<>();

  /** Filled on first use: most models have no lanes. */
  private final Map<Priority, DistributionDataPoint> lanes = new ConcurrentHashMap<>();

  private final Set<String> loadedWorkers = ConcurrentHashMap.newKeySet();

  ModelMeters(Families families, ModelKey key) {
    this.families = families;
    this.key = key;
    String[] labels = {key.name(), key.version()};
    named = new RequestSums(families, key.name(), key.version());
    unnamed = new RequestSums(families, key.name(), Families.DEFAULT_VERSION);
    queueTime = families.queueTime.labelValues(HOST_LEVEL, families.hostname);
    workerThreadTime = families.workerThreadTime.labelValues(HOST_LEVEL, families.hostname);
    queueSeconds = families.queueSeconds.labelValues(labels);
    inferenceSeconds = families.inferenceSeconds.labelValues(labels);
    requestSeconds = families.requestSeconds.labelValues(labels);
    batchSize = families.batchSize.labelValues(labels);
    reruns = families.reruns.labelValues(labels);
    workerLosses = families.workerLosses.labelValues(labels);
    queueDepth = families.queueDepth.labelValues(labels);
    running = families.running.labelValues(labels);
    workersReady = families.workersReady.labelValues(labels);
    readyToo = families.workers.labelValues(key.name(), key.version(), "ready");
    workersStarting = families.workers.labelValues(key.name(), key.version(), "starting");
    workersStopping = families.workers.labelValues(key.name(), key.version(), "stopping");
  }

  @Override
  public void received(ModelRef asNamed) {
    sums(asNamed).requests.increment();
  }

  @Override
  public void batchStarted(int size) {
    batchSize.observe(size);
  }

  @Override
  public void answered(ModelRef asNamed, long queueNanos, long runNanos, long totalNanos) {
    RequestSums sums = sums(asNamed);
    sums.queueNanos.add(queueNanos);
    sums.totalNanos.add(totalNanos);
    queueTime.set(queueNanos / NANOS_PER_MILLI);
    workerThreadTime.set(runNanos / NANOS_PER_MILLI);
    lastRunNanos = runNanos;
    answers.increment();
    queueSeconds.observe(queueNanos / NANOS_PER_SECOND);
    inferenceSeconds.observe(runNanos / NANOS_PER_SECOND);
    requestSeconds.observe(totalNanos / NANOS_PER_SECOND);
  }

  /** How many requests were answered. */
  long runs() {
    return answers.sum();
  }

  /** How long the last of them ran. */
  long lastRunNanos() {
    return lastRunNanos;
  }

  @Override
  public void failed(ErrorKind kind) {
    failures
        .computeIfAbsent(
            kind, absent -> families.failed.labelValues(key.name(), key.version(), text(absent)))
        .inc();
  }

  @Override
  public void rerun() {
    reruns.inc();
  }

  @Override
  public void workerLoaded(String workerName, long nanos) {
    loadedWorkers.add(workerName);
    families
        .workerLoadTime
        .labelValues(workerName, HOST_LEVEL, families.hostname)
        .set(nanos / NANOS_PER_MILLI);
  }

  @Override
  public void workerLost() {
    workerLosses.inc();
  }

  @Override
  public void workerRecycled(RecycleReason reason) {
    families.workerRecycles.labelValues(key.name(), key.version(), reason.label()).inc();
  }

  @Override
  public void workerGone(String workerName) {
    if (loadedWorkers.remove(workerName)) {
      families.workerLoadTime.remove(workerName, HOST_LEVEL, families.hostname);
    }
  }

  @Override
  public void reused(ModelRef asNamed, long totalNanos) {
    sums(asNamed).totalNanos.add(totalNanos);
    requestSeconds.observe(totalNanos / NANOS_PER_SECOND);
  }

  @Override
  public void cached(CacheOutcome outcome) {
    cacheOutcomes
        .computeIfAbsent(
            outcome,
            absent -> families.cacheRequests.labelValues(key.name(), key.version(), text(absent)))
        .inc();
  }

  @Override
  public void cacheBytes(long bytes) {
    families.cacheBytes.labelValues(key.name(), key.version()).set((double) bytes);
  }

  @Override
  public void laneWaited(Priority lane, long queueNanos) {
    lanes
        .computeIfAbsent(
            lane,
            absent -> families.laneSeconds.labelValues(key.name(), key.version(), text(absent)))
        .observe(queueNanos / NANOS_PER_SECOND);
  }

  @Override
  public void gauges(int waiting, int inWorkers, int readyWorkers) {
    queueDepth.set(waiting);
    running.set(inWorkers);
    workersReady.set(readyWorkers);
    readyToo.set(readyWorkers);
  }

  @Override
  public void oldest(boolean waits, long arrivalNanos) {
    oldestArrival = arrivalNanos;
    oneWaits = waits;
  }

  @Override
  public void busy(double workers, long nowNanos) {
    busyTime.set(workers, nowNanos);
  }

  /** How long its workers were busy, all together. */
  double busySeconds() {
    return busyTime.nanos(System.nanoTime()) / NANOS_PER_SECOND;
  }

  @Override
  public void staff(int starting, int stopping) {
    workersStarting.set(starting);
    workersStopping.set(stopping);
  }

  /** How long the oldest waiting request has waited by now; 0 if none waits. */
  double oldestWaitSeconds() {
    boolean waits = oneWaits;
    return waits ? Math.max(0, System.nanoTime() - oldestArrival) / NANOS_PER_SECOND : 0;
  }

  /** Drops all series but those of requests without a version, which other versions share. */
  void remove() {
    families.remove(key);
    for (ErrorKind kind : failures.keySet()) {
      families.failed.remove(key.name(), key.version(), text(kind));
    }
    for (CacheOutcome outcome : cacheOutcomes.keySet()) {
      families.cacheRequests.remove(key.name(), key.version(), text(outcome));
    }
    for (Priority lane : lanes.keySet()) {
      families.laneSeconds.remove(key.name(), key.version(), text(lane));
    }
    for (MetricRefusal reason : MetricRefusal.values()) {
      families.metricsRefused.remove(key.name(), key.version(), reason.label());
    }
    for (RecycleReason reason : RecycleReason.values()) {
      families.workerRecycles.remove(key.name(), key.version(), reason.label());
    }
    for (String worker : loadedWorkers) {
      families.workerLoadTime.remove(worker, HOST_LEVEL, families.hostname);
    }
  }

  private RequestSums sums(ModelRef asNamed) {
    return asNamed.version() == null ? unnamed : named;
  }

  private static String text(Enum<?> label) {
    return label.name().toLowerCase(Locale.ROOT);
  }

  private static final class RequestSums {
    final LongAdder requests;
    final LongAdder queueNanos;
    final LongAdder totalNanos;

    RequestSums(Families families, String name, String version) {
      requests = families.inferences.series(name, version, families.hostname);
      queueNanos = families.queueMicros.series(name, version, families.hostname);
      totalNanos = families.inferenceMicros.series(name, version, families.hostname);
    }
  }
}
