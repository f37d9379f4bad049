package ai.mariner.core.scheduling;

import ai.mariner.core.worker.HostMemory;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Memory at one moment.
 *
 * @param residentBytes resident memory of workers by process id; 0 when unknown
 * @param host memory of the machine; absent: unknown
 */
record MemorySurvey(Map<Long, Long> residentBytes, HostMemory.@Nullable Reading host) {
  private static final double WORKER_MARGIN = 1.2;
  private static final double RESERVE = 0.05;

  /** Resident memory of a process; 0 when unknown. */
  long of(@Nullable Long pid) {
    return pid == null ? 0 : residentBytes.getOrDefault(pid, 0L);
  }

  /** What has to be available before one more worker is started. */
  long neededBytes() {
    long largest = 0;
    for (long bytes : residentBytes.values()) {
      largest = Math.max(largest, bytes);
    }
    long total = host == null ? 0 : host.totalBytes();
    return (long) (WORKER_MARGIN * largest + RESERVE * total);
  }

  /** Whether one more worker fits in; what is unknown is no hindrance. */
  boolean hasRoom() {
    return host == null || host.availableBytes() >= neededBytes();
  }

  /** Why one more does not fit in, for logs. */
  String shortage() {
    long available = host == null ? 0 : host.availableBytes();
    return (available >> 20)
        + " MiB of memory are available (expected: at least "
        + (neededBytes() >> 20)
        + ")";
  }
}
