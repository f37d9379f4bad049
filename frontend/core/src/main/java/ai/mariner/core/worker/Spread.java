package ai.mariner.core.worker;

import ai.mariner.core.config.Torchrun;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How one worker spreads over devices.
 *
 * @param size its devices; on the processor, its processes
 * @param devices the devices that it sees; empty: the processor
 * @param torchrun how its processes, the ranks, are started; absent: it is one process
 */
public record Spread(int size, List<Integer> devices, @Nullable Torchrun torchrun) {
  /** Keeps a copy of the devices. */
  public Spread {
    devices = List.copyOf(devices);
  }

  /** The device that stands for the worker in status calls; absent: the processor. */
  public @Nullable Integer firstDevice() {
    return devices.isEmpty() ? null : devices.get(0);
  }
}
