package ai.mariner.core.config;

/**
 * How one worker of a model spreads over devices.
 *
 * @param type how
 * @param level devices of one worker; on the processor, its processes
 * @param torchrun how the processes are started, if there is one for each device
 */
public record Parallelism(ParallelType type, int level, Torchrun torchrun) {
  /** Whether there is a process for each device. */
  public boolean hasRanks() {
    return type != ParallelType.CUSTOM;
  }
}
