package ai.mariner.core.testing;

import ai.mariner.core.worker.HostMemory;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Memory as a test says it is: nothing is known at first. */
public final class FakeMemory {
  private final Map<Long, Long> resident = new ConcurrentHashMap<>();
  private volatile HostMemory.@Nullable Reading host;

  /** A process takes so much from now on. */
  public void resident(long pid, long bytes) {
    resident.put(pid, bytes);
  }

  /** The machine has so much from now on. */
  public void host(long availableBytes, long totalBytes) {
    host = new HostMemory.Reading(availableBytes, totalBytes);
  }

  /** What a process takes; 0 when the test has not said. */
  public long bytesOf(long pid) {
    return resident.getOrDefault(pid, 0L);
  }

  /** What the machine has; absent when the test has not said. */
  public HostMemory.@Nullable Reading read() {
    return host;
  }
}
