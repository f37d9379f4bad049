package ai.mariner.core.seat;

import ai.mariner.core.message.ModelKey;
import ai.mariner.core.time.Loop;
import ai.mariner.core.worker.WorkerEvents;
import ai.mariner.core.worker.WorkerLaunch;
import ai.mariner.core.worker.WorkerLauncher;
import ai.mariner.core.worker.WorkerProcess;
import java.time.Duration;
import java.util.ArrayDeque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A model of a group: its workers get seats in shared processes, until it has ended too many of
 * those. On the loop of its pool.
 */
final class Member implements WorkerLauncher {
  private static final Logger log = LoggerFactory.getLogger(Member.class);

  /** So many processes may end by the same model within {@link #WINDOW}. */
  private static final int TOLERATED = 3;

  /** Above the longest back-off of a worker, times the processes that it may end. */
  private static final Duration WINDOW = Duration.ofMinutes(5);

  private final String group;
  private final WorkerGroups groups;
  private final ArrayDeque<Long> endings = new ArrayDeque<>();
  private boolean apart;

  Member(String group, WorkerGroups groups) {
    this.group = group;
    this.groups = groups;
  }

  @Override
  public WorkerProcess start(WorkerLaunch launch, Loop loop, WorkerEvents events) {
    if (apart) {
      return groups.launcher().start(launch, loop, events);
    }
    SeatGroup seats = groups.group(group, loop, launch.gpuId());
    Seat seat = new Seat(launch.model(), this, loop, events);
    seats.place(seat);
    return seat;
  }

  /** The model has ended a shared process. */
  void endedProcess(ModelKey model, long now) {
    endings.addLast(now);
    while (now - endings.getFirst() > WINDOW.toNanos()) {
      endings.removeFirst();
    }
    if (!apart && endings.size() >= TOLERATED) {
      apart = true;
      log.warn(
          "model {} has ended processes of the worker group {} {} times within {} min; from now on"
              + " its workers have processes of their own",
          model,
          group,
          endings.size(),
          WINDOW.toMinutes());
    }
  }
}
