package ai.mariner.core.crew;

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

  /** What one more worker is expected to take: somewhat more than the largest one there is. */
  long workerBytes() {
    long largest = 0;
    for (long bytes : residentBytes.values()) {
      largest = Math.max(largest, bytes);
    }
    return (long) (WORKER_MARGIN * largest);
  }

  /** What has to be available before one more worker is started. */
  private long neededBytes() {
    long total = host == null ? 0 : host.totalBytes();
    return workerBytes() + (long) (RESERVE * total);
  }

  /**
   * Whether one more worker fits in; what is unknown is no hindrance.
   *
   * @param promised to others, and not taken by them yet
   */
  boolean hasRoom(long promised) {
    return host == null || host.availableBytes() - promised >= neededBytes();
  }

  /** Why one more does not fit in, for logs. */
  String shortage(long promised) {
    long available = host == null ? 0 : host.availableBytes();
    return (available >> 20)
        + " MiB of memory are available"
        + (promised > 0 ? ", " + (promised >> 20) + " of them for other workers that start" : "")
        + " (expected: at least "
        + (neededBytes() >> 20)
        + ")";
  }
}
