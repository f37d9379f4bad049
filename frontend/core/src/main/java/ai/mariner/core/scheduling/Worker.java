package ai.mariner.core.scheduling;

import ai.mariner.core.time.Loop;
import ai.mariner.core.worker.ItemReply;
import ai.mariner.core.worker.LoadCommand;
import ai.mariner.core.worker.LoadOutcome;
import ai.mariner.core.worker.ProcessExit;
import ai.mariner.core.worker.WorkerEvents;
import ai.mariner.core.worker.WorkerLaunch;
import ai.mariner.core.worker.WorkerLauncher;
import ai.mariner.core.worker.WorkerLink;
import ai.mariner.core.worker.WorkerProcess;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One worker of a pool through all its processes: started, loaded, given runs, watched, restarted
 * after a loss, stopped. Touched only on the pool's loop.
 */
final class Worker {
  private final WorkerPlan plan;
  private final WorkerLauncher launcher;
  private final Loop loop;
  private final WorkerHost host;
  private final RunQueue runs = new RunQueue();
  private final TrackRecord record = new TrackRecord();
  private final WorkerLimits limits;
  private final WorkerWatch watch;

  private WorkerPhase phase = WorkerPhase.ENDED;
  private boolean stopping;
  private int generation;
  private @Nullable Life life;
  private @Nullable WorkerProcess process;
  private @Nullable WorkerLink link;
  private @Nullable Long pid;
  private @Nullable LossCause ownCause;
  private Loop.@Nullable Timer restart;
  private Instant startTime = Instant.EPOCH;
  private boolean lossTold;

  /** What the present process does before it is ready; absent: nothing. */
  private @Nullable Warmup warmup;

  Worker(WorkerPlan plan, WorkerLauncher launcher, Loop loop, WorkerHost host) {
    this.plan = plan;
    this.launcher = launcher;
    this.loop = loop;
    this.host = host;
    this.limits = new WorkerLimits(plan);
    this.watch = new WorkerWatch(loop, this::dueNanos, this::overdue);
  }

  /** Starts a process. */
  void start() {
    generation++;
    enter(WorkerPhase.STARTING);
    startTime = plan.clock().instant();
    ownCause = null;
    warmup = null;
    pid = null;
    Life newLife = new Life();
    life = newLife;
    WorkerLaunch launch = plan.launch(generation);
    process = launcher.start(launch, loop, newLife);
    watchPhase();
  }

  int id() {
    return plan.workerId();
  }

  int place() {
    return plan.place();
  }

  String name() {
    return plan.launch(generation).name();
  }

  boolean ready() {
    return phase == WorkerPhase.READY && !stopping && ownCause == null;
  }

  boolean stopping() {
    return stopping;
  }

  boolean has(Run run) {
    return runs.has(run);
  }

  boolean idle() {
    return runs.isEmpty();
  }

  /**
   * Whether it could take a run now, or ought to have shown something of the one that it has. One
   * that waits for the reader of a stream, or did so until a moment ago, need not.
   */
  boolean able() {
    return ready() && (runs.isEmpty() || dueNanos() - loop.nanoTime() <= 0);
  }

  /** Requests that its present process has served. */
  int served() {
    return runs.served();
  }

  /** How long its present process has taken runs; 0 if it doesn't. */
  long readyNanos(long now) {
    return phase == WorkerPhase.READY ? limits.inPhaseNanos(now) : 0;
  }

  /** Its present process; absent: none, or not connected. */
  @Nullable Long pid() {
    return pid;
  }

  /** Runs that it could be given ahead of the end of the one it works on. */
  int roomAhead(int batchSize) {
    return ready() ? runs.room(batchSize) : 0;
  }

  /** Whether it serves, or will soon unless something goes wrong for the first time. */
  boolean hopeful() {
    return !stopping && (phase == WorkerPhase.READY || record.hopeful());
  }

  /** Hands over a batch. */
  void run(Run run) {
    long now = run.dispatchNanos();
    if (runs.isEmpty()) {
      watch.lookBy(now + plan.responseTimeout().toNanos());
    }
    runs.add(run);
    link().run(run.id(), run.operation(), run.jobs());
  }

  /** Says that nobody waits for a job of one of its runs any more. */
  void cancel(Run run, Job job, WorkerLink.CancelReason reason) {
    WorkerLink current = link;
    if (current != null) {
      if (run.waitsForReader()) {
        // What was waited for won't come: from now on the handler is expected to end.
        run.progressed(loop.nanoTime());
      }
      current.cancel(run.id(), job.request().id(), reason);
    }
  }

  /** Lets a stream go on. */
  void credit(Run run, Job job, int pieces) {
    WorkerLink current = link;
    if (current != null) {
      run.progressed(loop.nanoTime());
      current.credit(run.id(), job.request().id(), pieces);
    }
  }

  /** Stops when what it has is done. */
  void stop() {
    if (stopping) {
      return;
    }
    stopping = true;
    if (phase == WorkerPhase.BACKING_OFF || phase == WorkerPhase.ENDED) {
      end();
    } else if (runs.isEmpty()) {
      stopNow();
    }
  }

  /** Ends it at once; what it runs is lost with the cause. */
  void kill(LossCause cause) {
    if (phase == WorkerPhase.BACKING_OFF || phase == WorkerPhase.ENDED) {
      end();
      return;
    }
    if (ownCause == null) {
      ownCause = cause;
    }
    if (phase != WorkerPhase.LOST) {
      awaitEnd();
    }
    WorkerProcess current = process;
    if (current != null) {
      current.kill();
    }
  }

  WorkerSnapshot status() {
    WorkerSnapshot.State state =
        switch (phase) {
          case STARTING, LOADING, WARMING -> WorkerSnapshot.State.LOADING;
          case READY -> WorkerSnapshot.State.READY;
          case DYING, LOST, BACKING_OFF, ENDED -> WorkerSnapshot.State.BACKING_OFF;
        };
    return new WorkerSnapshot(
        id(),
        startTime,
        stopping ? WorkerSnapshot.State.STOPPING : state,
        pid,
        plan.gpuId(),
        lastFailure());
  }

  /** Why it was last lost or failed to load. */
  @Nullable String lastFailure() {
    return record.lastFailure();
  }

  private void enter(WorkerPhase next) {
    phase = next;
    limits.phaseBegan(loop.nanoTime());
  }

  private void watchPhase() {
    watch.lookBy(dueNanos());
  }

  private WorkerLink link() {
    WorkerLink current = link;
    if (current == null) {
      throw new IllegalStateException("worker " + id() + " has no link in phase " + phase);
    }
    return current;
  }

  private Warmup warmup() {
    Warmup current = warmup;
    if (current == null) {
      throw new IllegalStateException("worker " + id() + " has no warm-up in phase " + phase);
    }
    return current;
  }

  /** The process has loaded the model. Its warm-up has what is left of the time for the load. */
  private void warmUp() {
    phase = WorkerPhase.WARMING;
    warmup = new Warmup(plan.model(), plan.warmup(), plan.batchSize(), host::nextRunId);
    warmOn();
  }

  private void warmOn() {
    if (warmup().next(link())) {
      return;
    }
    warmup = null;
    long now = loop.nanoTime();
    long loadNanos = limits.inPhaseNanos(now);
    enter(WorkerPhase.READY);
    record.loaded();
    becameIdle(now);
    host.ready(this, loadNanos);
  }

  private void warmed(long runId, List<ItemReply> items, boolean ended, boolean spent) {
    LossCause cause = warmup().replied(runId, items, ended);
    if (cause == null && spent) {
      cause = warmup().during(LossCause.spent());
    }
    if (cause != null) {
      ownCause = cause;
      leave();
    } else if (warmup().ends(runId, ended)) {
      warmOn();
    }
  }

  /** Stops a worker that has nothing to finish. */
  private void stopNow() {
    switch (phase) {
      case STARTING, LOADING, WARMING -> kill(LossCause.stopped("The worker was stopped."));
      case READY -> {
        link().stop();
        limits.stopAsked(loop.nanoTime());
        watchPhase();
      }
      case DYING, LOST, BACKING_OFF, ENDED -> {}
    }
  }

  private void end() {
    watch.sleep();
    Loop.Timer waiting = restart;
    if (waiting != null) {
      waiting.cancel();
      restart = null;
    }
    enter(WorkerPhase.ENDED);
    life = null;
    host.gone(this);
  }

  private long dueNanos() {
    return limits.dueNanos(phase, runs.head(), stopping, loop.nanoTime());
  }

  private void overdue(long now) {
    switch (phase) {
      case STARTING -> kill(LossCause.notConnected(plan.connectTimeout()));
      case LOADING -> kill(LossCause.notLoaded(plan.startupTimeout()));
      case WARMING -> kill(warmup().late(plan.startupTimeout()));
      case READY -> overdueWhenReady(now);
      case DYING -> settle(LossCause.died("did not end when it was killed"));
      case LOST -> settle(LossCause.died("closed its connection, but did not end"));
      case BACKING_OFF, ENDED -> {}
    }
  }

  private void overdueWhenReady(long now) {
    if (!runs.isEmpty()) {
      hung(LossCause.noAnswer(plan.responseTimeout()));
    } else if (stopping) {
      kill(LossCause.stopped("The worker did not stop when asked."));
    } else if (limits.heartbeatAwaited()) {
      hung(LossCause.noHeartbeat(plan.heartbeatTimeout()));
    } else {
      link().heartbeat(limits.heartbeatAsked(now));
      watchPhase();
    }
  }

  /**
   * Fails what a hung worker runs at once; its process gets a moment to write its stacks, then
   * ends.
   */
  private void hung(LossCause cause) {
    ownCause = cause;
    lossTold = true;
    awaitEnd();
    WorkerProcess current = process;
    if (current != null) {
      current.dumpStacks();
      Runnable kill = current::kill;
      loop.schedule(kill, WorkerPlan.STACKS_GRACE.toNanos());
    }
    host.lost(this, runs.takeAll(), cause);
  }

  private void awaitEnd() {
    enter(WorkerPhase.DYING);
    watchPhase();
  }

  /** Parts with a process that is of no more use; it ends by itself or is helped. */
  private void leave() {
    link().close();
    awaitExit();
  }

  private void awaitExit() {
    link = null;
    enter(WorkerPhase.LOST);
    watchPhase();
  }

  /** The process is out of the game: judge its runs, plan the next start. */
  private void settle(LossCause seen) {
    Warmup unfinished = warmup;
    LossCause seenSo = unfinished == null ? seen : unfinished.during(seen);
    LossCause cause = ownCause == null ? seenSo : ownCause;
    WorkerProcess dead = process;
    if (dead != null) {
      cause = cause.orDetail(dead.lastErrorLines());
      dead.kill();
    }
    watch.sleep();
    life = null;
    link = null;
    pid = null;
    List<Run> taken = runs.takeAll();
    if (stopping) {
      // Ending as it was told is no loss, unless something was still to be done.
      if (!taken.isEmpty()) {
        host.lost(this, taken, cause);
      }
      end();
      return;
    }
    record.lost(cause);
    enter(WorkerPhase.BACKING_OFF);
    if (record.loadFailed()) {
      host.loadFailed(this, cause);
    } else if (lossTold) {
      host.explained(this, cause);
    } else {
      host.lost(this, taken, cause);
    }
    lossTold = false;
    if (phase == WorkerPhase.BACKING_OFF) {
      restart =
          loop.schedule(this::startAgain, plan.restarts().delay(record.failuresInARow()).toNanos());
    }
  }

  private void startAgain() {
    restart = null;
    if (phase == WorkerPhase.BACKING_OFF && !stopping) {
      start();
    }
  }

  private void headEnded(long now) {
    runs.headEnded(now);
    record.served();
    if (!runs.isEmpty()) {
      return;
    }
    if (stopping) {
      stopNow();
    } else {
      becameIdle(now);
    }
  }

  private void becameIdle(long now) {
    limits.becameIdle(now);
    watchPhase();
  }

  /** The events of one process; those of an earlier one find themselves out of date. */
  private final class Life implements WorkerEvents {
    private boolean current() {
      return life == this;
    }

    @Override
    public void connected(WorkerLink newLink, long newPid) {
      if (!current() || phase != WorkerPhase.STARTING) {
        newLink.close();
        return;
      }
      link = newLink;
      pid = newPid;
      enter(WorkerPhase.LOADING);
      newLink.load(new LoadCommand(WorkerPlan.MODEL_HANDLE, plan.loadFields()));
      watchPhase();
    }

    @Override
    public void loaded(LoadOutcome outcome) {
      if (!current() || phase != WorkerPhase.LOADING) {
        return;
      }
      if (outcome.error() != null) {
        ownCause = LossCause.loadFailed(outcome);
        leave();
        return;
      }
      warmUp();
    }

    @Override
    public void replied(long runId, List<ItemReply> items, boolean ended, boolean spent) {
      if (current() && phase == WorkerPhase.WARMING) {
        warmed(runId, items, ended, spent);
        return;
      }
      Run run = current() ? runs.head() : null;
      if (run == null || run.id() != runId) {
        release(items);
        return;
      }
      long now = loop.nanoTime();
      run.progressed(now);
      for (int i = 0; i < items.size(); i++) {
        ItemReply item = items.get(i);
        Job job = run.find(item.itemId());
        if (job == null || job.ended()) {
          item.reply().body().release();
        } else {
          host.replied(Worker.this, run, job, item, ended || item.ended());
        }
      }
      if (spent && ownCause == null) {
        ownCause = LossCause.spent();
      }
      if (ended) {
        headEnded(now);
        if (spent && phase == WorkerPhase.READY) {
          leave();
        }
        host.runEnded(Worker.this, run);
      }
    }

    private void release(List<ItemReply> items) {
      for (ItemReply item : items) {
        item.reply().body().release();
      }
    }

    @Override
    public void heartbeat(long number) {
      if (!current() || phase != WorkerPhase.READY || !limits.heartbeatAnswered(number)) {
        return;
      }
      // Having been well for a while is as good as having served.
      record.served();
      if (runs.isEmpty() && !stopping) {
        becameIdle(loop.nanoTime());
      }
    }

    @Override
    public void disconnected(String reason) {
      if (!current()) {
        return;
      }
      link = null;
      if (phase != WorkerPhase.DYING && phase != WorkerPhase.LOST) {
        awaitExit();
      }
    }

    @Override
    public void exited(ProcessExit exit) {
      if (current()) {
        settle(LossCause.exited(exit));
      }
    }
  }
}
