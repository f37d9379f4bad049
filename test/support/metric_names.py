"""Names of metrics that can't be as Prometheus would have them."""

from __future__ import annotations

# Names that TorchServe 0.12 has given; they stay as they are, whatever Prometheus advises.
FIXED = {
    "Requests2XX",
    "Requests4XX",
    "Requests5XX",
    "QueueTime",
    "WorkerThreadTime",
    "WorkerLoadTime",
    "HandlerTime",
    "PredictionTime",
    "CPUUtilization",
    "MemoryUsed",
    "MemoryAvailable",
    "MemoryUtilization",
    "DiskUsage",
    "DiskAvailable",
    "DiskUtilization",
    "GPUMemoryUtilization",
    "GPUMemoryUsed",
    "GPUUtilization",
    "ts_inference_latency_microseconds",
    "ts_queue_latency_microseconds",
}
