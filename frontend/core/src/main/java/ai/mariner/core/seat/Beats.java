package ai.mariner.core.seat;

import ai.mariner.core.worker.WorkerLink;
import java.util.LinkedHashMap;
import java.util.Map;

/** The heartbeats that the seats of a process ask for, which it gives once for all. On the loop. */
final class Beats {
  /** Who has asked, with which number, since the process was asked. */
  private final Map<Seat, Long> asked = new LinkedHashMap<>();

  private long number;

  /** A seat asks the process for a sign of life. */
  void ask(Seat seat, long its, WorkerLink link) {
    asked.put(seat, its);
    if (asked.size() == 1) {
      link.heartbeat(++number);
    }
  }

  /** The process has given one. */
  void given(long answered) {
    if (answered == number) {
      Map<Seat, Long> told = new LinkedHashMap<>(asked);
      asked.clear();
      told.forEach((seat, its) -> seat.events().heartbeat(its));
    }
  }

  /** Whether one was asked for and has not come. */
  boolean awaited() {
    return !asked.isEmpty();
  }

  void forget(Seat seat) {
    asked.remove(seat);
  }

  void forgetAll() {
    asked.clear();
  }
}
