package ai.mariner.core.seat;

import ai.mariner.core.message.ModelKey;
import ai.mariner.core.time.Loop;
import ai.mariner.core.worker.ItemReply;
import ai.mariner.core.worker.LoadOutcome;
import ai.mariner.core.worker.ProcessExit;
import ai.mariner.core.worker.WorkerEvents;
import ai.mariner.core.worker.WorkerLaunch;
import ai.mariner.core.worker.WorkerLauncher;
import ai.mariner.core.worker.WorkerLink;
import ai.mariner.core.worker.WorkerProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A process with seats for several models: started when the first one is taken, ended when the last
 * one is left, and watched while it does what no worker waits for. On the loop.
 */
final class SharedProcess implements WorkerEvents {
  /** How long it may take to exit, to unload a model, or to end a load that nobody needs. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** How long the end of its connection waits for its exit code. */
  private static final Duration EXIT_GRACE = Duration.ofMillis(200);

  private final Loop loop;
  private final Duration connectTimeout;
  private final BiConsumer<SharedProcess, List<Seat>> whenEnded;
  private final List<Seat> seats = new ArrayList<>();
  private final Beats beats = new Beats();
  private final Patience patience;
  private final SharedWork work;
  private final Turns turns;

  private State state = State.STARTING;
  private boolean served;
  private @Nullable WorkerProcess process;
  private @Nullable WorkerLink link;

  /** Whose worker had it killed; absent: nobody's. */
  private @Nullable Seat condemner;

  private enum State {
    /** Has not connected. */
    STARTING,
    /** Takes seats and work. */
    OPEN,
    /** Was asked to exit: its last seat is left. */
    CLOSING,
    /** Is killed, or has lost its connection. */
    DYING,
    /** Has ended, or is given up. */
    ENDED
  }

  /**
   * A process that is not started yet.
   *
   * @param connectTimeout how long it may take to connect
   * @param whenEnded told of its end, with the seats that it has not begun to load
   */
  SharedProcess(
      Loop loop, Duration connectTimeout, BiConsumer<SharedProcess, List<Seat>> whenEnded) {
    this.loop = loop;
    this.connectTimeout = connectTimeout;
    this.whenEnded = whenEnded;
    this.patience = new Patience(loop, this::overdue);
    this.work = new SharedWork(loop, patience, PATIENCE);
    this.turns = work.turns();
  }

  void start(WorkerLauncher launcher, WorkerLaunch launch) {
    process = launcher.start(launch, loop, this);
    patience.endsIn(connectTimeout);
  }

  /** Whether a worker of this model may take a seat. */
  boolean takes(ModelKey model) {
    return (state == State.STARTING || state == State.OPEN)
        && seats.stream().noneMatch(seat -> seat.model().equals(model));
  }

  void add(Seat seat) {
    seats.add(seat);
    seat.in(this, turns);
    // Its worker does not know yet that it has it.
    loop.execute(
        () -> {
          if (seats.contains(seat)) {
            turns.lineUp(seat);
          }
        });
  }

  // What its seats ask for.

  /** The models that are, or are being, loaded, but for that of this seat. */
  List<ModelKey> others(Seat seat) {
    return seats.stream()
        .filter(other -> other != seat && other.stage() != Seat.Stage.WAITING)
        .map(Seat::model)
        .toList();
  }

  /** Who is at work is watched by its own worker, and so is the process meanwhile. */
  void heartbeat(Seat seat, long number) {
    WorkerLink known = link;
    if (turns.holder() != null || known == null) {
      loop.execute(() -> seat.events().heartbeat(number));
      return;
    }
    beats.ask(seat, number, known);
  }

  void dumpStacks(Seat seat) {
    condemn(seat);
    process().dumpStacks();
  }

  /** Ends what a seat does at once, with the process if need be. */
  void kill(Seat seat) {
    if (gone(seat)) {
      return;
    }
    boolean atWork = turns.holder() == seat && (seat.busy() || loading(seat));
    boolean waits = seat.stage() == Seat.Stage.WAITING;
    if (waits || (state == State.OPEN && !atWork)) {
      leave(seat);
    } else {
      condemn(seat);
      process().kill();
    }
  }

  /** A seat is not needed any more. */
  void leave(Seat seat) {
    boolean loaded = seat.stage() != Seat.Stage.WAITING;
    if (gone(seat) || (state == State.DYING && loaded)) {
      return; // it hears of the end of the process
    }
    turns.forget(seat);
    seats.remove(seat);
    beats.forget(seat);
    seat.stage(loaded ? Seat.Stage.LEAVING : Seat.Stage.GONE);
    seat.part();
    if (seats.isEmpty() && state != State.DYING) {
      shutDown();
    } else if (turns.holder() == seat) {
      patience.endsIn(PATIENCE);
    } else if (loaded) {
      turns.lineUp(seat);
    }
  }

  /** The worker of a seat has nothing more for it to do. */
  void stop(Seat seat) {
    if (seats.size() == 1 && state == State.OPEN) {
      shutDown();
    } else {
      leave(seat);
    }
  }

  private boolean gone(Seat seat) {
    return state == State.ENDED || !seats.contains(seat);
  }

  private static boolean loading(Seat seat) {
    return seat.stage() == Seat.Stage.LOADING;
  }

  /** No more work for a process that is about to be killed. */
  private void condemn(Seat seat) {
    if (condemner == null) {
      condemner = seat;
    }
    dies(PATIENCE);
  }

  private void dies(Duration grace) {
    state = State.DYING;
    turns.close();
    patience.endsIn(grace);
  }

  private void shutDown() {
    WorkerLink known = link;
    if (known == null) {
      dies(PATIENCE);
      process().kill();
      return;
    }
    state = State.CLOSING;
    turns.close();
    known.stop();
    patience.endsIn(PATIENCE);
  }

  // What the process tells.

  @Override
  public void connected(WorkerLink newLink, long newPid) {
    if (state != State.STARTING) {
      newLink.close();
      return;
    }
    link = newLink;
    served = true;
    state = State.OPEN;
    patience.isEndless();
    work.opened(newLink, newPid);
  }

  @Override
  public void loaded(LoadOutcome outcome) {
    work.loaded(outcome);
  }

  @Override
  public void unloaded() {
    work.unloaded();
  }

  @Override
  public void heartbeat(long number) {
    beats.given(number);
  }

  @Override
  public void replied(long runId, List<ItemReply> items, boolean ended, boolean spent) {
    Seat holder = turns.holder();
    WorkerLink known = link;
    if (spent && holder != null && known != null) {
      // Nothing more is begun in it; it goes when its answer has been told.
      condemn(holder);
      loop.execute(known::close);
    }
    work.replied(runId, items, ended, spent);
  }

  @Override
  public void disconnected(String reason) {
    if (state == State.ENDED) {
      return;
    }
    link = null;
    dies(EXIT_GRACE);
    for (Seat seat : List.copyOf(seats)) {
      if (seat.stage() != Seat.Stage.WAITING) {
        seat.events().disconnected(reason);
      }
    }
  }

  @Override
  public void exited(ProcessExit exit) {
    if (state == State.ENDED) {
      return;
    }
    Seat holder = turns.holder();
    boolean silent = beats.awaited();
    List<Seat> left = List.copyOf(seats);
    state = State.ENDED;
    patience.isEndless();
    turns.close();
    seats.clear();
    beats.forgetAll();
    Seat culprit = condemner != null ? condemner : silent ? null : holder;
    if (culprit != null && culprit == holder) {
      culprit.member().endedProcess(culprit.model(), loop.nanoTime());
    }
    List<Seat> waiting = new ArrayList<>();
    for (Seat seat : left) {
      if (served && seat.stage() == Seat.Stage.WAITING) {
        waiting.add(seat);
      } else {
        tell(seat, culprit, exit);
      }
    }
    whenEnded.accept(this, waiting);
  }

  private void tell(Seat seat, @Nullable Seat culprit, ProcessExit exit) {
    if (culprit == null || culprit == seat) {
      seat.ended(exit, process().lastErrorLines());
    } else {
      seat.ended(ProcessExit.beside(culprit.model().toString(), exit), "");
    }
  }

  private void overdue() {
    switch (state) {
      case STARTING -> giveUp("it did not connect within " + connectTimeout.toSeconds() + " s");
      case OPEN, CLOSING -> {
        condemner = turns.holder();
        dies(PATIENCE);
        process().kill();
      }
      case DYING -> giveUp("it did not end when it was killed");
      case ENDED -> {}
    }
  }

  private void giveUp(String reason) {
    process().kill();
    exited(ProcessExit.notStarted(reason));
  }

  private WorkerProcess process() {
    return Objects.requireNonNull(process, "process that was not started");
  }
}
