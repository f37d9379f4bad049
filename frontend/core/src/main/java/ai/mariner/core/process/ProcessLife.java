package ai.mariner.core.process;

import ai.mariner.core.job.Job;
import ai.mariner.core.job.LossCause;
import ai.mariner.core.job.Run;
import ai.mariner.core.job.RunGroup;
import ai.mariner.core.time.Loop;
import ai.mariner.core.worker.Company;
import ai.mariner.core.worker.ItemReply;
import ai.mariner.core.worker.LoadOutcome;
import ai.mariner.core.worker.ProcessExit;
import ai.mariner.core.worker.WorkerEvents;
import ai.mariner.core.worker.WorkerLauncher;
import ai.mariner.core.worker.WorkerLink;
import ai.mariner.core.worker.WorkerProcess;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One process of a worker: started, loaded, warmed up, given runs, watched, and in the end stopped
 * or lost. What it tells after its end is not heard. Touched only on the pool's loop.
 */
final class ProcessLife implements WorkerEvents {
  private final WorkerPlan plan;
  private final Loop loop;
  private final TrackRecord record;
  private final ProcessKeeper keeper;
  private final Slots slots;
  private final PhaseWatch watch;
  private final WorkerConnection connection;
  private final ProcessEnd end;
  private final Preparation preparation;

  /** The slots of a process that runs one batch after the other; absent: it runs several. */
  private final @Nullable SerialSlots serial;

  /** The slots of a process that runs several at once; absent: it runs in order. */
  private final @Nullable OpenSlots open;

  /** Absent: it keeps nothing back. */
  private final @Nullable KeptBack keptBack;

  /** The other models in the process; absent: it is for one. */
  private @Nullable Company company;

  private @Nullable String declares;

  /**
   * Plans a process.
   *
   * @param record hears how it does
   * @param keeper is told of it
   */
  ProcessLife(WorkerPlan plan, Loop loop, TrackRecord record, ProcessKeeper keeper) {
    this.plan = plan;
    this.loop = loop;
    this.record = record;
    this.keeper = keeper;
    this.serial = plan.runMode().open() ? null : new SerialSlots();
    this.open = plan.runMode().open() ? new OpenSlots(plan.runMode().concurrency()) : null;
    this.slots = serial != null ? serial : Objects.requireNonNull(open);
    this.watch = new PhaseWatch(plan, loop, slots, this::overdue);
    this.connection = new WorkerConnection(plan.workerId());
    this.keptBack = serial == null ? null : new KeptBack(loop, serial, connection::collect);
    this.end = new ProcessEnd(loop);
    this.preparation = new Preparation(plan, keeper::nextRunId);
  }

  /** Starts the process; {@code generation}: how many the worker has had, with this one. */
  void start(WorkerLauncher launcher, int generation) {
    WorkerProcess process = launcher.start(plan.launch(generation), loop, this);
    end.started(process);
    company = process.company();
    if (company != null) {
      watch.shared();
    }
    watch.enter(WorkerPhase.STARTING);
  }

  WorkerPhase phase() {
    return watch.phase();
  }

  /** Whether it takes slots. */
  boolean ready() {
    return phase() == WorkerPhase.READY && !watch.stopping() && !end.decided();
  }

  /** Whether it could begin a run of this group now; absent: one of no group. */
  boolean takes(@Nullable RunGroup group) {
    return ready() && slots.hasRoomFor(group) && (company == null || company.free());
  }

  /**
   * Whether it could take a run now, or ought to have shown something of the one that it has. One
   * that is at work for other models could not.
   */
  boolean able() {
    if (company != null && slots.isEmpty() && !company.free()) {
      return false;
    }
    return ready() && (slots.hasRoomFor(null) || watch.due());
  }

  /** Runs that could be sent ahead of the end of the one that it works on; see {@link Slots}. */
  int roomAhead(int batchSize, int waiting, boolean certain) {
    return ready() && (company == null || (company.free() && !company.awaited()))
        ? slots.roomAhead(batchSize, waiting, certain)
        : 0;
  }

  /** Asks for the next turn in a process that others have at work. */
  void awaitTurn() {
    if (company != null && ready() && slots.isEmpty() && !company.free()) {
      company.awaitTurn();
    }
  }

  /** The models that share the process; absent: it is for one. */
  @Nullable Company company() {
    return company;
  }

  @Override
  public boolean turn() {
    return ready() && keeper.roomMade();
  }

  /** The runs that it has. */
  Slots slots() {
    return slots;
  }

  /** JSON object of what the model says of itself; absent: nothing, or it is not loaded yet. */
  @Nullable String declares() {
    return declares;
  }

  /** How long it has taken runs; 0 if it doesn't. */
  long readyNanos(long now) {
    return phase() == WorkerPhase.READY ? watch.inPhaseNanos(now) : 0;
  }

  /** Absent: not connected. */
  @Nullable Long pid() {
    return connection.pid();
  }

  /** Hands over a batch. */
  void run(Run run) {
    if (slots.isEmpty()) {
      watch.busy(run.dispatchNanos());
    }
    slots.add(run);
    run.send(connection.link());
    if (keptBack != null) {
      keptBack.handedOver();
    }
  }

  /** Sends what was handed over. */
  void flush() {
    connection.flush();
  }

  /** Says that nobody waits for a job of one of its runs any more. */
  void cancel(Run run, Job job, WorkerLink.CancelReason reason) {
    connection.cancel(run, job, reason, loop.nanoTime());
  }

  /** Lets a stream go on. */
  void credit(Run run, Job job, int pieces) {
    connection.credit(run, job, pieces, loop.nanoTime());
  }

  /** Ends when what it has is done. */
  void stop() {
    watch.stops();
    if (slots.isEmpty()) {
      stopNow();
    }
  }

  /** Ends at once; what it runs is lost with the cause. */
  void kill(LossCause cause) {
    end.decideFirst(cause);
    if (phase() != WorkerPhase.LOST) {
      watch.enter(WorkerPhase.DYING);
    }
    end.kill();
  }

  @Override
  public void connected(WorkerLink newLink, long newPid) {
    if (phase() != WorkerPhase.STARTING) {
      newLink.close();
      return;
    }
    connection.opened(newLink, newPid);
    watch.enter(WorkerPhase.LOADING);
    preparation.begin(newLink);
  }

  @Override
  public void loaded(LoadOutcome outcome) {
    if (phase() != WorkerPhase.LOADING) {
      return;
    }
    LossCause failure = preparation.loaded(outcome);
    if (failure != null) {
      end.decide(failure);
      leave();
      return;
    }
    declares = outcome.declares();
    slots.loaded(outcome.slots());
    // The warm-up has what is left of the time for the load.
    watch.goOnTo(WorkerPhase.WARMING);
    prepareOn();
  }

  @Override
  public void replied(long runId, List<ItemReply> items, boolean ended, boolean spent) {
    if (phase() == WorkerPhase.WARMING) {
      warmed(runId, items, ended, spent);
      return;
    }
    Run run = slots.find(runId);
    if (run == null) {
      items.forEach(item -> item.reply().body().release());
      return;
    }
    long now = loop.nanoTime();
    if (spent) {
      end.decideFirst(LossCause.spent());
    }
    if (!ended) {
      pass(run, items, false, now);
      return;
    }
    ended(run, now);
    if (spent && phase() == WorkerPhase.READY) {
      leave();
    }
    if (keeper.roomMade()) {
      // Telling answers takes the loop a while, in which the process should have something to do.
      loop.execute(() -> tell(run, items, now));
    } else {
      tell(run, items, now);
    }
  }

  /** Passes on what the process says of a run; answers that nobody waits for are released. */
  private void pass(Run run, List<ItemReply> items, boolean ended, long now) {
    run.progressed(now);
    for (int i = 0; i < items.size(); i++) {
      ItemReply item = items.get(i);
      Job job = run.find(item.itemId());
      if (job == null || job.ended()) {
        item.reply().body().release();
      } else {
        keeper.replied(run, job, item, ended || item.ended());
      }
    }
  }

  private void tell(Run run, List<ItemReply> items, long now) {
    pass(run, items, true, now);
    keeper.runEnded(run);
  }

  @Override
  public void heartbeat(long number) {
    if (phase() != WorkerPhase.READY || !watch.heartbeatAnswered(number)) {
      return;
    }
    // Having been well for a while is as good as having served.
    record.served();
    if (open != null || (slots.isEmpty() && !watch.stopping())) {
      watch.idle(loop.nanoTime());
    }
  }

  @Override
  public void disconnected(String reason) {
    if (phase() == WorkerPhase.ENDED) {
      return;
    }
    connection.lost();
    if (phase() != WorkerPhase.DYING && phase() != WorkerPhase.LOST) {
      watch.enter(WorkerPhase.LOST);
    }
  }

  @Override
  public void exited(ProcessExit exit) {
    if (phase() != WorkerPhase.ENDED) {
      if (exit.beside() != null) {
        record.innocent();
      }
      settle(LossCause.exited(exit));
    }
  }

  private void prepareOn() {
    if (preparation.next()) {
      return;
    }
    long loadNanos = watch.inPhaseNanos(loop.nanoTime());
    watch.enter(WorkerPhase.READY);
    record.loaded();
    keeper.ready(loadNanos);
  }

  private void warmed(long runId, List<ItemReply> items, boolean ended, boolean spent) {
    LossCause cause = preparation.replied(runId, items, ended, spent);
    if (cause != null) {
      end.decide(cause);
      leave();
    } else if (preparation.ends(runId, ended)) {
      prepareOn();
    }
  }

  private void ended(Run run, long now) {
    slots.ended(run, now);
    record.served();
    if (!slots.isEmpty()) {
      return;
    }
    if (watch.stopping()) {
      stopNow();
    } else {
      watch.idle(now);
    }
  }

  /** Stops when there is nothing to finish. */
  private void stopNow() {
    switch (phase()) {
      case STARTING, LOADING, WARMING -> {
        end.decideFirst(LossCause.stopped("The worker was stopped."));
        watch.enter(WorkerPhase.DYING);
        end.leave();
      }
      case READY -> {
        connection.link().stop();
        watch.stopAsked();
      }
      case DYING, LOST, ENDED -> {}
    }
  }

  private void overdue(long now) {
    switch (phase()) {
      case STARTING -> kill(LossCause.notConnected(plan.connectTimeout()));
      case LOADING, WARMING -> kill(preparation.late().late(connection.late()));
      case READY -> overdueWhenReady(now);
      case DYING -> settle(LossCause.died("did not end when it was killed"));
      case LOST -> settle(LossCause.died("closed its connection, but did not end"));
      case ENDED -> {}
    }
  }

  private void overdueWhenReady(long now) {
    if (open != null && !open.isEmpty()) {
      overdueAmongOthers(open, now);
    } else if (!slots.isEmpty()) {
      hung(LossCause.noAnswer(plan.responseTimeout()).late(connection.late()));
    } else if (watch.stopping()) {
      kill(LossCause.stopped("The worker did not stop when asked."));
    } else if (watch.heartbeatAwaited()) {
      hung(LossCause.noHeartbeat(plan.heartbeatTimeout()).late(connection.late()));
    } else {
      connection.link().heartbeat(watch.heartbeatAsked(now));
    }
  }

  /**
   * One of several requests that are under way takes too long: it alone is given up. The process is
   * lost only if it shows no life, or has nothing but requests that do not end.
   */
  private void overdueAmongOthers(OpenSlots several, long now) {
    for (Run late : several.overdue(now, plan.responseTimeout().toNanos())) {
      late.giveUp(connection.link(), now);
      keeper.overdue(late, LossCause.tooLong(plan.responseTimeout()));
    }
    if (several.stuck(now) || watch.loopStuck(now)) {
      hung(LossCause.noAnswer(plan.responseTimeout()));
    } else if (watch.loopUnasked(now)) {
      connection.link().heartbeat(watch.heartbeatAsked(now));
    } else {
      watch.lookAgain();
    }
  }

  /** Fails what it runs at once; it gets a moment to write its stacks, then it is killed. */
  private void hung(LossCause cause) {
    end.decide(cause);
    watch.enter(WorkerPhase.DYING);
    end.killAfterStacks();
    keeper.hung(slots.takeAll(), cause);
  }

  /** Parts with a process that is of no more use; it ends by itself or is helped. */
  private void leave() {
    connection.close();
    watch.enter(WorkerPhase.LOST);
  }

  /** The process is out of the game. */
  private void settle(LossCause seen) {
    LossCause cause = end.settle(preparation.during(seen));
    watch.end();
    connection.forget();
    keeper.over(slots.takeAll(), cause, end.told());
  }
}
