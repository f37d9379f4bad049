package ai.mariner.core.seat;

import ai.mariner.core.time.Loop;
import java.util.LinkedHashSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Whose turn it is in a shared process: one seat at a time has it, the others stand in line. A turn
 * is a load with its warm-up, an unload, or a run with those that were sent ahead to follow it. On
 * the loop.
 */
final class Turns {
  private final Loop loop;
  private final Consumer<Seat> chores;
  private final LinkedHashSet<Seat> line = new LinkedHashSet<>();
  private @Nullable Seat holder;
  private @Nullable Seat offered;
  private boolean open;

  /**
   * Nobody's turn comes until the process is open.
   *
   * @param chores begins what a seat has to do that is no run: its load, its unload
   */
  Turns(Loop loop, Consumer<Seat> chores) {
    this.loop = loop;
    this.chores = chores;
  }

  /** The process takes work from now on. */
  void open() {
    open = true;
    next();
  }

  /** The process takes no more work; who has the turn keeps it. */
  void close() {
    open = false;
    offered = null;
    line.clear();
  }

  /** Whether the process takes work. */
  boolean isOpen() {
    return open;
  }

  /** Who has the turn; absent: nobody. */
  @Nullable Seat holder() {
    return holder;
  }

  /** Whether the process does nothing, and nobody is about to have it do something. */
  boolean idle() {
    return holder == null && offered == null;
  }

  /** Whether a seat may take the turn. */
  boolean freeFor(Seat seat) {
    if (!open) {
      return false;
    }
    Seat known = holder == null ? offered : holder;
    return known == null || known == seat;
  }

  /** Whether anybody stands in line. */
  boolean awaited() {
    return !line.isEmpty();
  }

  /** Puts a seat at the end of the line, unless it stands there. */
  void lineUp(Seat seat) {
    if (open || seat.stage() == Seat.Stage.WAITING) {
      line.add(seat);
      next();
    }
  }

  /** A seat takes its turn. */
  void take(Seat seat) {
    holder = seat;
    offered = null;
    line.remove(seat);
  }

  /** A seat wants no more turns; the one that it has goes on. */
  void forget(Seat seat) {
    line.remove(seat);
    if (offered == seat) {
      offered = null;
    }
  }

  /** A seat has done what its turn was for. */
  void done(Seat seat) {
    if (holder == seat) {
      holder = null;
      next();
    }
  }

  /** Offers the turn down the line until somebody wants it. */
  void next() {
    while (open && idle() && !line.isEmpty()) {
      Seat seat = line.iterator().next();
      line.remove(seat);
      if (seat.stage() != Seat.Stage.LOADED) {
        take(seat);
        chores.accept(seat);
      } else if (seat.events().turn()) {
        offered = seat;
        // What waits there is dispatched in a task of this turn of the loop.
        loop.execute(() -> passOver(seat));
      }
    }
  }

  private void passOver(Seat seat) {
    if (offered == seat) {
      offered = null;
      next();
    }
  }
}
