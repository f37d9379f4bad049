package ai.mariner.core.scheduling;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.model.WorkerStatus;
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
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One worker of a pool through all its processes: started, loaded, given runs, watched, restarted
 * after a loss, stopped. Touched only on the pool's loop.
 */
final class Worker {
  /** Up to so many losses in a row the next start is near enough to let requests wait for it. */
  private static final int PATIENT_FAILURES = 4;

  private final WorkerPlan plan;
  private final WorkerLauncher launcher;
  private final Loop loop;
  private final WorkerHost host;
  private final ServiceTimes times = new ServiceTimes();
  private final ArrayDeque<Run> runs = new ArrayDeque<>();

  private Phase phase = Phase.ENDED;
  private boolean stopping;
  private int generation;
  private @Nullable Life life;
  private @Nullable WorkerProcess process;
  private @Nullable WorkerLink link;
  private @Nullable Long pid;
  private @Nullable LossCause ownCause;
  private @Nullable LossCause lastCause;
  private Loop.@Nullable Timer watch;
  private Loop.@Nullable Timer restart;
  private long watchAt;
  private Instant startTime = Instant.EPOCH;
  private long phaseNanos;
  private long idleNanos;
  private long heartbeatSent;
  private long heartbeatNumber;
  private int failuresInARow;
  private boolean lastLoadFailed;
  private boolean loadedInThisLife;
  private boolean servedInThisLife;

  private enum Phase {
    STARTING,
    LOADING,
    READY,
    /** The link has ended; waits to hear how the process did. */
    LOST,
    BACKING_OFF,
    ENDED
  }

  Worker(WorkerPlan plan, WorkerLauncher launcher, Loop loop, WorkerHost host) {
    this.plan = plan;
    this.launcher = launcher;
    this.loop = loop;
    this.host = host;
  }

  /** Starts a process. */
  void start() {
    generation++;
    enter(Phase.STARTING);
    startTime = plan.clock().instant();
    ownCause = null;
    pid = null;
    Life newLife = new Life();
    life = newLife;
    WorkerLaunch launch = plan.launch(generation);
    process = launcher.start(launch, loop, newLife);
    arm(phaseNanos + plan.connectTimeout().toNanos());
  }

  int id() {
    return plan.workerId();
  }

  String name() {
    return plan.launch(generation).name();
  }

  boolean ready() {
    return phase == Phase.READY && !stopping && ownCause == null;
  }

  boolean stopping() {
    return stopping;
  }

  boolean has(Run run) {
    return runs.contains(run);
  }

  boolean idle() {
    return runs.isEmpty();
  }

  /** Runs that it could be given ahead of the end of the one it works on. */
  int roomAhead(int batchSize) {
    return ready() ? Math.max(0, times.depth(batchSize) - runs.size()) : 0;
  }

  /** Whether it serves, or will soon unless something goes wrong for the first time. */
  boolean hopeful() {
    return !stopping
        && (phase == Phase.READY || (!lastLoadFailed && failuresInARow <= PATIENT_FAILURES));
  }

  /** Hands over a batch. */
  void run(Run run) {
    long now = run.dispatchNanos();
    if (runs.isEmpty()) {
      run.started(now);
      arm(now + plan.responseTimeout().toNanos());
    }
    runs.addLast(run);
    link().run(run.id(), run.operation(), run.jobs());
  }

  /** Says that nobody waits for a job of one of its runs any more. */
  void cancel(Run run, Job job, WorkerLink.CancelReason reason) {
    WorkerLink current = link;
    if (current != null) {
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
    if (phase == Phase.BACKING_OFF || phase == Phase.ENDED) {
      end();
    } else if (runs.isEmpty()) {
      stopNow();
    }
  }

  /** Ends it at once; what it runs fails with the cause. */
  void kill(LossCause cause) {
    if (phase == Phase.BACKING_OFF || phase == Phase.ENDED) {
      end();
      return;
    }
    if (ownCause == null) {
      ownCause = cause;
    }
    WorkerProcess current = process;
    if (current != null) {
      current.kill();
    }
  }

  WorkerStatus status() {
    WorkerStatus.State state =
        switch (phase) {
          case STARTING, LOADING -> WorkerStatus.State.LOADING;
          case READY -> WorkerStatus.State.READY;
          case LOST, BACKING_OFF, ENDED -> WorkerStatus.State.BACKING_OFF;
        };
    return new WorkerStatus(
        id(),
        startTime,
        stopping ? WorkerStatus.State.UNLOADING : state,
        0,
        pid,
        plan.gpuId(),
        lastFailure());
  }

  /** Why it was last lost or failed to load. */
  @Nullable String lastFailure() {
    return lastCause == null ? null : lastCause.text();
  }

  private void enter(Phase next) {
    phase = next;
    phaseNanos = loop.nanoTime();
  }

  private WorkerLink link() {
    WorkerLink current = link;
    if (current == null) {
      throw new IllegalStateException("worker " + id() + " has no link in phase " + phase);
    }
    return current;
  }

  private void stopNow() {
    WorkerLink current = link;
    if (current != null) {
      current.stop();
      arm(loop.nanoTime() + plan.stopTimeout().toNanos());
    } else {
      kill(new LossCause(ErrorKind.SHUTTING_DOWN, "The worker was stopped.", null));
    }
  }

  private void end() {
    disarm();
    Loop.Timer waiting = restart;
    if (waiting != null) {
      waiting.cancel();
      restart = null;
    }
    enter(Phase.ENDED);
    life = null;
    host.gone(this);
  }

  private void disarm() {
    Loop.Timer timer = watch;
    if (timer != null) {
      timer.cancel();
      watch = null;
    }
  }

  /**
   * Makes sure that the watch looks no later than this; a watch that comes too early looks and
   * sleeps again.
   */
  private void arm(long atNanos) {
    if (watch != null && watchAt - atNanos <= 0) {
      return;
    }
    disarm();
    watchAt = atNanos;
    watch = loop.schedule(this::look, atNanos - loop.nanoTime());
  }

  private void look() {
    watch = null;
    long now = loop.nanoTime();
    long due = dueNanos();
    if (due == Long.MAX_VALUE) {
      return;
    }
    if (due - now > 0) {
      arm(due);
      return;
    }
    overdue(now);
  }

  /** When the worker has to have shown something, in its present phase. */
  private long dueNanos() {
    return switch (phase) {
      case STARTING -> phaseNanos + plan.connectTimeout().toNanos();
      case LOADING -> phaseNanos + plan.startupTimeout().toNanos();
      case READY -> dueWhenReady();
      case LOST -> phaseNanos + WorkerPlan.EXIT_GRACE.toNanos();
      case BACKING_OFF, ENDED -> Long.MAX_VALUE;
    };
  }

  private long dueWhenReady() {
    Run head = runs.peekFirst();
    if (head != null) {
      return head.waitsForReader()
          ? loop.nanoTime() + plan.responseTimeout().toNanos()
          : head.progressNanos() + plan.responseTimeout().toNanos();
    }
    if (stopping) {
      return idleNanos + plan.stopTimeout().toNanos();
    }
    return heartbeatSent != 0
        ? heartbeatSent + plan.heartbeatTimeout().toNanos()
        : idleNanos + plan.heartbeatInterval().toNanos();
  }

  private void overdue(long now) {
    switch (phase) {
      case STARTING ->
          kill(loadCause("did not connect within " + plan.connectTimeout().toSeconds() + " s"));
      case LOADING ->
          kill(
              loadCause(
                  "did not load the model within startupTimeout, "
                      + plan.startupTimeout().toSeconds()
                      + " s"));
      case READY -> overdueWhenReady(now);
      case LOST -> settle("its process did not end");
      case BACKING_OFF, ENDED -> {}
    }
  }

  private static LossCause loadCause(String what) {
    return new LossCause(ErrorKind.LOAD_FAILED, "The worker " + what + '.', null);
  }

  private void overdueWhenReady(long now) {
    if (!runs.isEmpty()) {
      hung(
          new LossCause(
              ErrorKind.RESPONSE_TIMEOUT,
              "Worker timed out: no answer within responseTimeout, "
                  + plan.responseTimeout().toSeconds()
                  + " s. It was replaced.",
              null));
    } else if (stopping) {
      kill(new LossCause(ErrorKind.SHUTTING_DOWN, "The worker did not stop when asked.", null));
    } else if (heartbeatSent == 0) {
      heartbeatSent = now;
      link().heartbeat(++heartbeatNumber);
      arm(now + plan.heartbeatTimeout().toNanos());
    } else {
      hung(
          new LossCause(
              ErrorKind.WORKER_LOST,
              "Worker died. It gave no sign of life for "
                  + plan.heartbeatTimeout().toMillis()
                  + " ms while idle (stopped or hung) and was replaced.",
              null));
    }
  }

  /**
   * Fails what a hung worker runs at once; its process gets a moment to write its stacks, then
   * ends.
   */
  private void hung(LossCause cause) {
    WorkerProcess current = process;
    ownCause = cause;
    List<Run> taken = takeRuns();
    host.lost(this, taken, cause);
    if (current != null) {
      current.dumpStacks();
      Runnable kill = current::kill;
      loop.schedule(kill, WorkerPlan.STACKS_GRACE.toNanos());
    }
  }

  private List<Run> takeRuns() {
    List<Run> taken = new ArrayList<>(runs);
    runs.clear();
    return taken;
  }

  /** The process is out of the game: judge its runs, plan the next start. */
  private void settle(String how) {
    disarm();
    WorkerProcess dead = process;
    LossCause own = ownCause;
    String lines = dead == null ? "" : dead.lastErrorLines();
    LossCause cause =
        own != null
            ? new LossCause(own.kind(), own.message(), own.detail() != null ? own.detail() : lines)
            : new LossCause(ErrorKind.WORKER_LOST, "Worker died. It " + how + '.', lines);
    settle(cause);
  }

  private void settle(LossCause cause) {
    disarm();
    boolean wasLoaded = loadedInThisLife;
    loadedInThisLife = false;
    link = null;
    pid = null;
    heartbeatSent = 0;
    WorkerProcess dead = process;
    if (dead != null) {
      dead.kill();
    }
    if (stopping) {
      host.lost(this, takeRuns(), cause);
      end();
      return;
    }
    lastCause = cause;
    failuresInARow = servedInThisLife ? 1 : failuresInARow + 1;
    servedInThisLife = false;
    lastLoadFailed = !wasLoaded;
    enter(Phase.BACKING_OFF);
    if (wasLoaded) {
      host.lost(this, takeRuns(), cause);
    } else {
      host.loadFailed(this, cause);
    }
    if (phase == Phase.BACKING_OFF) {
      restart = loop.schedule(this::startAgain, plan.restarts().delay(failuresInARow).toNanos());
    }
  }

  private void startAgain() {
    restart = null;
    if (phase == Phase.BACKING_OFF && !stopping) {
      start();
    }
  }

  private void headEnded(long now) {
    Run next = runs.peekFirst();
    if (next != null) {
      next.started(now);
      return;
    }
    idleNanos = now;
    if (stopping) {
      stopNow();
    }
  }

  /** The events of one process; those of an earlier one find themselves out of date. */
  private final class Life implements WorkerEvents {
    private boolean current() {
      return life == this;
    }

    @Override
    public void connected(WorkerLink newLink, long newPid) {
      if (!current() || phase != Phase.STARTING) {
        newLink.close();
        return;
      }
      link = newLink;
      pid = newPid;
      enter(Phase.LOADING);
      newLink.load(new LoadCommand(WorkerPlan.MODEL_HANDLE, plan.loadFields()));
      arm(phaseNanos + plan.startupTimeout().toNanos());
      if (stopping) {
        stopNow();
      }
    }

    @Override
    public void loaded(LoadOutcome outcome) {
      if (!current() || phase != Phase.LOADING) {
        return;
      }
      if (outcome.error() != null) {
        ownCause =
            new LossCause(
                outcome.error() == ai.mariner.core.worker.WorkerError.OUT_OF_MEMORY
                    ? ErrorKind.OUT_OF_MEMORY
                    : ErrorKind.LOAD_FAILED,
                outcome.message() == null ? "The model could not be loaded." : outcome.message(),
                outcome.trace());
        link().close();
        return;
      }
      long loadNanos = loop.nanoTime() - phaseNanos;
      enter(Phase.READY);
      idleNanos = phaseNanos;
      loadedInThisLife = true;
      lastLoadFailed = false;
      arm(idleNanos + plan.heartbeatInterval().toNanos());
      host.ready(Worker.this, loadNanos);
    }

    @Override
    public void replied(long runId, List<ItemReply> items, boolean ended, boolean spent) {
      Run run = current() ? runs.peekFirst() : null;
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
        ownCause =
            new LossCause(
                ErrorKind.WORKER_LOST,
                "Worker died. Its device failed and the process was replaced.",
                null);
      }
      if (ended) {
        runs.removeFirst();
        servedInThisLife = true;
        times.add(now - run.startNanos());
        headEnded(now);
        host.runEnded(Worker.this, run);
      }
      if (spent && ended) {
        link().close();
      }
    }

    private void release(List<ItemReply> items) {
      for (ItemReply item : items) {
        item.reply().body().release();
      }
    }

    @Override
    public void heartbeat(long number) {
      if (current() && number == heartbeatNumber) {
        heartbeatSent = 0;
        idleNanos = loop.nanoTime();
        arm(idleNanos + plan.heartbeatInterval().toNanos());
      }
    }

    @Override
    public void disconnected(String reason) {
      if (!current() || phase == Phase.ENDED || phase == Phase.BACKING_OFF) {
        return;
      }
      link = null;
      enter(Phase.LOST);
      arm(phaseNanos + WorkerPlan.EXIT_GRACE.toNanos());
    }

    @Override
    public void exited(ProcessExit exit) {
      if (!current()) {
        return;
      }
      life = null;
      boolean byUs = ownCause != null || stopping;
      if (phase == Phase.BACKING_OFF || phase == Phase.ENDED) {
        return;
      }
      if (exit.killed() && !byUs) {
        WorkerProcess dead = process;
        settle(
            new LossCause(
                ErrorKind.WORKER_OUT_OF_MEMORY,
                "Worker died. It " + exit + ", as the system does when memory runs out.",
                dead == null ? null : dead.lastErrorLines()));
      } else {
        settle(exit.toString());
      }
    }
  }
}
