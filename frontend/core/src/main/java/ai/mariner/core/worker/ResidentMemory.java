package ai.mariner.core.worker;

/**
 * Tells how much memory a process has in use. May block for as long as a look into the kernel
 * takes.
 */
@FunctionalInterface
public interface ResidentMemory {
  /** Tells nothing. */
  ResidentMemory UNKNOWN = pid -> 0;

  /** Resident bytes of a process, 0 when unknown. */
  long bytesOf(long pid);
}
