package ai.mariner.core.config;

import java.util.ArrayList;
import java.util.List;

/** The metrics that a server has without a metrics file. */
public final class StandardMetrics {
  private static final String HOSTNAME = "Hostname";
  private static final List<String> PER_HOST = List.of("Level", HOSTNAME);
  private static final List<String> PER_MODEL = List.of("model_name", "model_version", "hostname");
  private static final List<String> PER_DEVICE = List.of("Level", "DeviceId", HOSTNAME);

  /** The server's own. */
  public static final List<DeclaredMetric> OF_SERVER = ofServer();

  /** What every model has. */
  public static final List<DeclaredMetric> OF_MODELS =
      List.of(
          gauge("HandlerTime", "ms", List.of("ModelName", "Level", HOSTNAME)),
          gauge("PredictionTime", "ms", List.of("ModelName", "Level", HOSTNAME)));

  private StandardMetrics() {}

  private static List<DeclaredMetric> ofServer() {
    List<DeclaredMetric> all = new ArrayList<>();
    for (String status : List.of("Requests2XX", "Requests4XX", "Requests5XX")) {
      all.add(new DeclaredMetric(status, MetricType.COUNTER, "Count", PER_HOST));
    }
    all.add(
        new DeclaredMetric("ts_inference_requests_total", MetricType.COUNTER, "Count", PER_MODEL));
    for (String sum :
        List.of("ts_inference_latency_microseconds", "ts_queue_latency_microseconds")) {
      all.add(new DeclaredMetric(sum, MetricType.COUNTER, "Microseconds", PER_MODEL));
    }
    all.add(gauge("QueueTime", "Milliseconds", PER_HOST));
    all.add(gauge("WorkerThreadTime", "Milliseconds", PER_HOST));
    all.add(gauge("WorkerLoadTime", "Milliseconds", List.of("WorkerName", "Level", HOSTNAME)));
    for (String percent : List.of("CPUUtilization", "MemoryUtilization", "DiskUtilization")) {
      all.add(gauge(percent, "Percent", PER_HOST));
    }
    all.add(gauge("MemoryUsed", "Megabytes", PER_HOST));
    all.add(gauge("MemoryAvailable", "Megabytes", PER_HOST));
    all.add(gauge("DiskUsage", "Gigabytes", PER_HOST));
    all.add(gauge("DiskAvailable", "Gigabytes", PER_HOST));
    all.add(gauge("GPUMemoryUtilization", "Percent", PER_DEVICE));
    all.add(gauge("GPUMemoryUsed", "Megabytes", PER_DEVICE));
    all.add(gauge("GPUUtilization", "Percent", PER_DEVICE));
    return List.copyOf(all);
  }

  private static DeclaredMetric gauge(String name, String unit, List<String> dimensions) {
    return new DeclaredMetric(name, MetricType.GAUGE, unit, dimensions);
  }
}
