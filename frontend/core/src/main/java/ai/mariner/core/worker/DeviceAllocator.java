package ai.mariner.core.worker;

import ai.mariner.core.config.DeviceType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Which accelerator a worker gets: those of its model in turn, the first one first. */
public final class DeviceAllocator {
  private final List<Integer> devices;

  private DeviceAllocator(List<Integer> devices) {
    this.devices = devices;
  }

  /**
   * The devices of a model.
   *
   * @param type kind that it asks for; absent: an accelerator if there is one
   * @param ids devices that it may use; empty: all. As a whole without effect when one of them does
   *     not exist
   * @param count accelerators that the server may use
   */
  public static DeviceAllocator of(@Nullable DeviceType type, List<Integer> ids, int count) {
    if (type == DeviceType.CPU || count == 0) {
      return new DeviceAllocator(List.of());
    }
    boolean known = !ids.isEmpty() && ids.stream().allMatch(id -> id >= 0 && id < count);
    if (known) {
      return new DeviceAllocator(List.copyOf(ids));
    }
    List<Integer> all = new ArrayList<>();
    for (int id = 0; id < count; id++) {
      all.add(id);
    }
    return new DeviceAllocator(List.copyOf(all));
  }

  /**
   * The devices of the n-th worker when each has several; none: the processor. Workers beyond the
   * devices that there are share with the first ones.
   *
   * @param stride devices of one worker
   */
  public List<Integer> devices(int index, int stride) {
    int workers = workers(stride);
    if (workers == 0) {
      return List.of();
    }
    int first = index % workers * stride;
    return IntStream.range(first, first + stride).mapToObj(devices::get).toList();
  }

  /** How many workers of so many devices have devices of their own. */
  public int workers(int stride) {
    return devices.size() / stride;
  }

  /** Whether workers run on the processor. */
  public boolean isEmpty() {
    return devices.isEmpty();
  }

  /** The device of the n-th worker, or {@code null} for the processor. */
  public @Nullable Integer device(int index) {
    return devices.isEmpty() ? null : devices.get(index % devices.size());
  }
}
