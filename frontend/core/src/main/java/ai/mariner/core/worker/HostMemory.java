package ai.mariner.core.worker;

import org.jspecify.annotations.Nullable;

/** Tells how much memory is left for more workers. May block for a look into the kernel. */
@FunctionalInterface
public interface HostMemory {
  /** Tells nothing. */
  HostMemory UNKNOWN = () -> null;

  /** The memory of the machine or of the server's container, whichever is less. */
  @Nullable Reading read();

  /**
   * Memory as of now.
   *
   * @param availableBytes what processes may still take without pushing others out
   * @param totalBytes all there is
   */
  record Reading(long availableBytes, long totalBytes) {}
}
