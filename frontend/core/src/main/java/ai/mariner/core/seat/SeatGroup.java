package ai.mariner.core.seat;

import ai.mariner.core.message.ModelKey;
import ai.mariner.core.time.Loop;
import ai.mariner.core.worker.WorkerLaunch;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The processes of one group. A seat is taken in the first one in which its model has none, so a
 * model with n workers sits in n of them. On the loop.
 */
final class SeatGroup {
  private final String name;
  private final Loop loop;
  private final @Nullable Integer gpuId;
  private final WorkerGroups.Staff staff;
  private final Runnable whenEmpty;
  private final List<SharedProcess> processes = new ArrayList<>();

  /**
   * A group without processes.
   *
   * @param gpuId accelerator of its workers; absent: none
   * @param whenEmpty told when it has no process any more
   */
  SeatGroup(
      String name,
      Loop loop,
      @Nullable Integer gpuId,
      WorkerGroups.Staff staff,
      Runnable whenEmpty) {
    this.whenEmpty = whenEmpty;
    this.name = name;
    this.loop = loop;
    this.gpuId = gpuId;
    this.staff = staff;
  }

  /** Finds a process for a seat, or starts one. */
  void place(Seat seat) {
    for (SharedProcess process : processes) {
      if (process.takes(seat.model())) {
        process.add(seat);
        return;
      }
    }
    SharedProcess process = new SharedProcess(loop, staff.connectTimeout(), this::ended);
    processes.add(process);
    process.start(staff.launcher(), launch());
    process.add(seat);
  }

  private WorkerLaunch launch() {
    int id = staff.workerIds().getAndIncrement();
    ModelKey shown = new ModelKey(name, "group");
    return new WorkerLaunch(id, 1, shown, staff.directory(), "python", gpuId);
  }

  /** A process has ended; seats that have not been told to load in it find another one. */
  private void ended(SharedProcess process, List<Seat> waiting) {
    processes.remove(process);
    waiting.forEach(this::place);
    if (processes.isEmpty()) {
      whenEmpty.run();
    }
  }
}
