package org.pytorch.serve.servingsdk.metrics;

/** Names of TorchServe's own metrics. */
public class InbuiltMetricsRegistry {
  /** Metric InferenceRequests. */
  public static final String INFERENCEREQUESTS = "InferenceRequests";

  /** Metric QueueTime. */
  public static final String QUEUETIME = "QueueTime";

  /** Metric BackendResponseTime. */
  public static final String BACKENDRESPONSETIME = "BackendResponseTime";

  /** Metric HandlerTime. */
  public static final String HANDLERTIME = "HandlerTime";

  /** Metric WorkerThreadTime. */
  public static final String WORKERTHREADTIME = "WorkerThreadTime";

  /** Metric WorkerLoadTime. */
  public static final String WORKERLOADTIME = "WorkerLoadTime";

  /** Metric Requests2XX. */
  public static final String REQUESTS2XX = "Requests2XX";

  /** Metric Requests4XX. */
  public static final String REQUESTS4XX = "Requests4XX";

  /** Metric Requests5XX. */
  public static final String REQUESTS5XX = "Requests5XX";

  /** Metric CPUUtilization. */
  public static final String CPUUTILIZATION = "CPUUtilization";

  /** Metric MemoryUsed. */
  public static final String MEMORYUSED = "MemoryUsed";

  /** Metric MemoryAvailable. */
  public static final String MEMORYAVAILABLE = "MemoryAvailable";

  /** Metric MemoryUtilization. */
  public static final String MEMORYUTILIZATION = "MemoryUtilization";

  /** Metric DiskUsage. */
  public static final String DISKUSAGE = "DiskUsage";

  /** Metric DiskUtilization. */
  public static final String DISKUTILIZATION = "DiskUtilization";

  /** Metric DiskAvailable. */
  public static final String DISKAVAILABLE = "DiskAvailable";

  /** Makes a registry. */
  public InbuiltMetricsRegistry() {}
}
