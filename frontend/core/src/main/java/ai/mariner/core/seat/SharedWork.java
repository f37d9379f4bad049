package ai.mariner.core.seat;

import ai.mariner.core.time.Loop;
import ai.mariner.core.worker.ItemReply;
import ai.mariner.core.worker.LoadOutcome;
import ai.mariner.core.worker.WorkerLink;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a shared process does: loads, runs and unloads. All that it says of them belongs to the seat
 * whose turn it is. On the loop.
 */
final class SharedWork {
  private final Turns turns;
  private final Patience patience;
  private final Duration unloadTime;
  private @Nullable WorkerLink link;
  private long pid;
  private int handles;

  /**
   * The work of a process that has not connected.
   *
   * @param patience with what no worker waits for
   * @param unloadTime how long the process may take to unload a model
   */
  SharedWork(Loop loop, Patience patience, Duration unloadTime) {
    this.turns = new Turns(loop, this::begin);
    this.patience = patience;
    this.unloadTime = unloadTime;
  }

  Turns turns() {
    return turns;
  }

  /** The process has connected. */
  void opened(WorkerLink newLink, long newPid) {
    link = newLink;
    pid = newPid;
    turns.open();
  }

  /** Begins what is no run. */
  private void begin(Seat seat) {
    if (seat.stage() == Seat.Stage.WAITING) {
      seat.connected(Objects.requireNonNull(link).beside(), ++handles, pid);
    } else {
      unload(seat);
    }
  }

  private void unload(Seat seat) {
    seat.forget();
    patience.endsIn(unloadTime);
  }

  /** A load has ended. */
  void loaded(LoadOutcome outcome) {
    Seat seat = turns.holder();
    boolean failed = outcome.error() != null;
    if (seat == null || seat.stage() == Seat.Stage.LOADED || seat.busy()) {
      return; // nobody asked: the turn is not over
    }
    if (seat.stage() == Seat.Stage.LOADING) {
      if (!failed) {
        seat.stage(Seat.Stage.LOADED);
      }
      seat.events().loaded(outcome);
    }
    if (failed) {
      over(seat);
    } else {
      rest(seat);
    }
  }

  /** A run goes on, or has ended. */
  void replied(long runId, List<ItemReply> items, boolean ended, boolean spent) {
    Seat seat = turns.holder();
    if (seat == null || seat.stage() == Seat.Stage.LEAVING) {
      items.forEach(item -> item.reply().body().release());
    } else {
      seat.events().replied(runId, items, ended, spent);
    }
    if (seat != null && ended) {
      seat.runEnded(runId);
      rest(seat);
    }
  }

  /** A model was unloaded. */
  void unloaded() {
    Seat seat = turns.holder();
    if (seat != null && seat.stage() == Seat.Stage.LEAVING) {
      over(seat);
    }
  }

  /** The turn of a seat is over, unless it has more runs under way, or its model has to go. */
  private void rest(Seat seat) {
    if (seat.busy()) {
      return;
    }
    if (seat.stage() == Seat.Stage.LEAVING && turns.isOpen()) {
      unload(seat);
    } else {
      turns.done(seat);
    }
  }

  /** There is nothing left of a seat. */
  private void over(Seat seat) {
    seat.stage(Seat.Stage.GONE);
    if (turns.isOpen()) {
      patience.isEndless();
    }
    turns.done(seat);
  }
}
