package ai.mariner.core.seat;

import ai.mariner.core.message.ModelKey;
import ai.mariner.core.message.Operation;
import ai.mariner.core.time.Loop;
import ai.mariner.core.worker.Company;
import ai.mariner.core.worker.LoadCommand;
import ai.mariner.core.worker.ProcessExit;
import ai.mariner.core.worker.RunItem;
import ai.mariner.core.worker.WorkerEvents;
import ai.mariner.core.worker.WorkerLink;
import ai.mariner.core.worker.WorkerProcess;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One model's place in a shared process. To the worker that took it, it is a process and its
 * connection. On the loop.
 */
final class Seat implements WorkerProcess, WorkerLink, Company {
  private final ModelKey model;
  private final Member member;
  private final Loop loop;
  private final WorkerEvents events;
  private final Set<Long> runs = new HashSet<>();

  private Stage stage = Stage.WAITING;
  private @Nullable SharedProcess process;
  private @Nullable Turns turns;
  private @Nullable WorkerLink link;
  private int handle;
  private String lastLines = "";

  /** Where a seat is in its life. */
  enum Stage {
    /** Its turn to load has not come. */
    WAITING,
    /** The model is being loaded. */
    LOADING,
    /** The model is loaded; it may be warming up. */
    LOADED,
    /** Its worker has left; the model has still to be unloaded. */
    LEAVING,
    /** There is nothing left of it in the process. */
    GONE
  }

  /**
   * A seat in no process yet.
   *
   * @param events who sits on it
   */
  Seat(ModelKey model, Member member, Loop loop, WorkerEvents events) {
    this.model = model;
    this.member = member;
    this.loop = loop;
    this.events = events;
  }

  ModelKey model() {
    return model;
  }

  Member member() {
    return member;
  }

  WorkerEvents events() {
    return events;
  }

  Stage stage() {
    return stage;
  }

  void stage(Stage next) {
    stage = next;
  }

  /** It is in this process now. */
  void in(SharedProcess newProcess, Turns itsTurns) {
    process = newProcess;
    turns = itsTurns;
  }

  /** Its turn to load has come. */
  void connected(WorkerLink newLink, int newHandle, long pid) {
    stage = Stage.LOADING;
    link = newLink;
    handle = newHandle;
    events.connected(this, pid);
  }

  /** Whether it has runs under way. */
  boolean busy() {
    return !runs.isEmpty();
  }

  void runEnded(long runId) {
    runs.remove(runId);
  }

  /** Lets the process forget the model. */
  void forget() {
    link().unload();
  }

  /** Its worker has no process any more; it is told so when it has done what it does now. */
  void part() {
    loop.execute(() -> events.exited(ProcessExit.ofStatus(0)));
  }

  /** The process has ended. */
  void ended(ProcessExit exit, String lines) {
    boolean unaware = stage == Stage.LEAVING || stage == Stage.GONE;
    stage = Stage.GONE;
    if (!unaware) {
      lastLines = lines;
      events.exited(exit);
    }
  }

  private SharedProcess process() {
    return Objects.requireNonNull(process, "seat without a process");
  }

  private Turns turns() {
    return Objects.requireNonNull(turns, "seat without a process");
  }

  private WorkerLink link() {
    return Objects.requireNonNull(link, "seat that is not connected");
  }

  // Its process, as its worker sees it.

  @Override
  public void kill() {
    process().kill(this);
  }

  @Override
  public void leave() {
    process().leave(this);
  }

  @Override
  public void dumpStacks() {
    process().dumpStacks(this);
  }

  @Override
  public String lastErrorLines() {
    return lastLines;
  }

  @Override
  public Company company() {
    return this;
  }

  // The others in it.

  @Override
  public boolean free() {
    return turns().freeFor(this);
  }

  @Override
  public boolean awaited() {
    return turns().awaited();
  }

  @Override
  public void awaitTurn() {
    turns().lineUp(this);
  }

  @Override
  public List<ModelKey> others() {
    return stage == Stage.LOADED || stage == Stage.LOADING ? process().others(this) : List.of();
  }

  // Its connection, as its worker sees it.

  @Override
  public void load(LoadCommand command) {
    link().load(new LoadCommand(handle, command.fields()));
  }

  @Override
  public void run(long runId, Operation operation, List<? extends RunItem> items) {
    turns().take(this);
    runs.add(runId);
    link().run(runId, operation, items);
  }

  @Override
  public void flush() {
    WorkerLink known = link;
    if (known != null) {
      known.flush();
    }
  }

  @Override
  public void cancel(long runId, long itemId, CancelReason reason) {
    link().cancel(runId, itemId, reason);
  }

  @Override
  public void credit(long runId, long itemId, int pieces) {
    link().credit(runId, itemId, pieces);
  }

  @Override
  public void collect() {
    link().collect();
  }

  @Override
  public void heartbeat(long number) {
    process().heartbeat(this, number);
  }

  @Override
  public void unload() {
    throw new IllegalStateException("a seat is left by stop");
  }

  @Override
  public WorkerLink beside() {
    throw new IllegalStateException("a seat is for one model");
  }

  @Override
  public void stop() {
    process().stop(this);
  }

  @Override
  public void close() {
    process().leave(this);
  }
}
