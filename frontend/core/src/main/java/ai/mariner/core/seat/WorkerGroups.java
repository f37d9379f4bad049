package ai.mariner.core.seat;

import ai.mariner.core.time.Loop;
import ai.mariner.core.worker.WorkerLauncher;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** The groups of models of a server that share processes. Thread-safe. */
public final class WorkerGroups {
  private final Staff staff;
  private final Map<Key, SeatGroup> groups = new ConcurrentHashMap<>();

  /**
   * What the processes of all groups are made with.
   *
   * @param launcher starts them
   * @param workerIds numbers of workers, from which each takes one
   * @param directory working folder, until a model is loaded
   * @param connectTimeout how long one may take to connect
   */
  record Staff(
      WorkerLauncher launcher, AtomicInteger workerIds, Path directory, Duration connectTimeout) {}

  /** Processes serve one loop, and one device, or none. */
  private record Key(String name, Loop loop, @Nullable Integer gpuId) {}

  /**
   * A server without groups yet.
   *
   * @param launcher starts processes
   * @param workerIds numbers of workers, never used twice
   * @param directory working folder of processes, until a model is loaded
   * @param connectTimeout how long a process may take to connect
   */
  public WorkerGroups(
      WorkerLauncher launcher, AtomicInteger workerIds, Path directory, Duration connectTimeout) {
    this.staff = new Staff(launcher, workerIds, directory, connectTimeout);
  }

  /** What starts the workers of a model that belongs to a group; for one model each. */
  public WorkerLauncher member(String group) {
    return new Member(group, this);
  }

  WorkerLauncher launcher() {
    return staff.launcher();
  }

  SeatGroup group(String name, Loop loop, @Nullable Integer gpuId) {
    return groups.computeIfAbsent(
        new Key(name, loop, gpuId),
        key -> new SeatGroup(name, loop, gpuId, staff, () -> groups.remove(key)));
  }
}
