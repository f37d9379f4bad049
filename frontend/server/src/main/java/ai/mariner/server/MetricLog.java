package ai.mariner.server;

import ai.mariner.server.metrics.PrometheusMetrics;
import ai.mariner.server.metrics.ServerMetricLines;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes what has changed of the server's metrics to their logs, from time to time. */
final class MetricLog {
  private static final Logger ofServer = LoggerFactory.getLogger("TS_METRICS");
  private static final Logger ofModels = LoggerFactory.getLogger("MODEL_METRICS");

  private final PrometheusMetrics metrics;
  private final ServerMetricLines serverLines;

  /** A log of these metrics, in which everything up to now is a change. */
  MetricLog(PrometheusMetrics metrics) {
    this.metrics = metrics;
    this.serverLines = metrics.serverMetricLines(InstantSource.system());
  }

  /** Has it written at this interval. */
  void start(ScheduledExecutorService watch, Duration interval) {
    long seconds = interval.toSeconds();
    var unused = watch.scheduleWithFixedDelay(this::write, seconds, seconds, TimeUnit.SECONDS);
  }

  /** Writes what has changed since the last time. */
  synchronized void write() {
    serverLines.changes().forEach(line -> ofServer.info("{}", line));
    metrics.modelMetricLines(InstantSource.system()).forEach(line -> ofModels.info("{}", line));
  }
}
