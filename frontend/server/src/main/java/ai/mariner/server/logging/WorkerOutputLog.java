package ai.mariner.server.logging;

import ai.mariner.core.worker.WorkerLaunch;
import ai.mariner.core.worker.WorkerOutput;
import ai.mariner.server.metrics.MetricLine;
import ai.mariner.server.metrics.ModelMetricSink;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;
import org.slf4j.Marker;
import org.slf4j.MarkerFactory;

/**
 * Puts what workers print into the model log, and the metrics among it where they are counted and
 * into the log of model metrics. Blocks while the log can't keep up, so that no line is lost.
 */
public final class WorkerOutputLog implements WorkerOutput {
  /** Key of the thread context under which the patterns find the worker's name. */
  static final String WORKER_NAME = "worker";

  /** Tells a pattern that the line is a worker's. */
  private static final Marker WORKER = MarkerFactory.getMarker("WORKER");

  private final Logger lines;
  private final Logger metrics;
  private final ModelMetricSink sink;
  private final boolean logsMetrics;

  /**
   * Output to the loggers {@code MODEL_LOG} and {@code MODEL_METRICS}.
   *
   * @param sink takes the metrics
   * @param logsMetrics whether metrics are logged as well
   */
  public WorkerOutputLog(ModelMetricSink sink, boolean logsMetrics) {
    this(
        LoggerFactory.getLogger("MODEL_LOG"),
        LoggerFactory.getLogger("MODEL_METRICS"),
        sink,
        logsMetrics);
  }

  WorkerOutputLog(Logger lines, Logger metrics, ModelMetricSink sink, boolean logsMetrics) {
    this.lines = lines;
    this.metrics = metrics;
    this.sink = sink;
    this.logsMetrics = logsMetrics;
  }

  @Override
  public void line(WorkerLaunch worker, Stream stream, String text) {
    // Malformed metrics stay in the model log, where the author of the handler sees them.
    MetricLine metric = stream == Stream.STDOUT ? MetricLine.parse(text) : null;
    if (metric != null) {
      if (sink.take(worker.model(), metric) && logsMetrics) {
        metrics.info("{}", metric);
      }
      return;
    }
    String name = worker.name() + '-' + stream.name().toLowerCase(Locale.ROOT);
    MDC.put(WORKER_NAME, name);
    try {
      if (stream == Stream.STDOUT) {
        lines.info(WORKER, "{}", text);
      } else {
        lines.warn(WORKER, "{}", text);
      }
    } finally {
      MDC.remove(WORKER_NAME);
    }
  }
}
