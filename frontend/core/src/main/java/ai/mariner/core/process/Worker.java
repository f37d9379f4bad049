package ai.mariner.core.process;

import ai.mariner.core.job.Job;
import ai.mariner.core.job.LossCause;
import ai.mariner.core.job.Run;
import ai.mariner.core.job.RunGroup;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.time.Loop;
import ai.mariner.core.worker.Company;
import ai.mariner.core.worker.ItemReply;
import ai.mariner.core.worker.WorkerLauncher;
import ai.mariner.core.worker.WorkerLink;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One worker of a pool through all its processes: started, restarted after a loss, stopped. Touched
 * only on the pool's loop.
 */
public final class Worker {
  private final WorkerPlan plan;
  private final WorkerLauncher launcher;
  private final Loop loop;
  private final WorkerHost host;
  private final TrackRecord record = new TrackRecord();

  private boolean stopping;
  private boolean ended;
  private int generation;
  private ProcessKey process;
  private Instant startTime = Instant.EPOCH;

  /** Its present process; absent: it waits for the next one, or has ended. */
  private @Nullable ProcessLife life;

  private Loop.@Nullable Timer restart;

  public Worker(WorkerPlan plan, WorkerLauncher launcher, Loop loop, WorkerHost host) {
    this.plan = plan;
    this.launcher = launcher;
    this.loop = loop;
    this.host = host;
    this.process = new ProcessKey(plan.workerId(), 0);
  }

  /** Starts a process. */
  public void start() {
    generation++;
    process = new ProcessKey(plan.workerId(), generation);
    startTime = plan.clock().instant();
    ProcessLife next = new ProcessLife(plan, loop, record, new Reporter());
    life = next;
    next.start(launcher, generation);
  }

  int id() {
    return plan.workerId();
  }

  /** Its present process, or the last one. */
  public ProcessKey process() {
    return process;
  }

  public int place() {
    return plan.place();
  }

  public String name() {
    return plan.launch(generation).name();
  }

  public boolean ready() {
    ProcessLife current = life;
    return current != null && current.ready();
  }

  public boolean stopping() {
    return stopping;
  }

  public boolean has(Run run) {
    ProcessLife current = life;
    return current != null && current.slots().has(run);
  }

  public boolean idle() {
    ProcessLife current = life;
    return current == null || current.slots().isEmpty();
  }

  /** Whether it could begin a run of this group now; absent: one of no group. */
  public boolean takes(@Nullable RunGroup group) {
    ProcessLife current = life;
    return current != null && current.takes(group);
  }

  /** Runs that it could begin now, beside those that it has. */
  public int room() {
    ProcessLife current = life;
    return current != null && current.takes(null) ? current.slots().room() : 0;
  }

  /** Runs that it has. */
  public int load() {
    ProcessLife current = life;
    return current == null ? 0 : current.slots().size();
  }

  /** How much of what it could do at once it does, from 0 to 1. */
  public double busyShare() {
    ProcessLife current = life;
    return current == null ? 0 : current.slots().busyShare();
  }

  /**
   * Whether it could take a run now, or ought to have shown something of the one that it has. One
   * that waits for the reader of a stream, or did so until a moment ago, need not.
   */
  public boolean able() {
    ProcessLife current = life;
    return current != null && current.able();
  }

  /** Requests that its present process has served. */
  public int served() {
    ProcessLife current = life;
    return current == null ? 0 : current.slots().served();
  }

  /** How long its present process has taken runs; 0 if it doesn't. */
  public long readyNanos(long now) {
    ProcessLife current = life;
    return current == null ? 0 : current.readyNanos(now);
  }

  /** JSON object of what the model says of itself; absent: nothing, or no process is ready. */
  public @Nullable String declares() {
    ProcessLife current = life;
    return current == null ? null : current.declares();
  }

  /** Its present process; absent: none, or not connected. */
  public @Nullable Long pid() {
    ProcessLife current = life;
    return current == null ? null : current.pid();
  }

  /** Runs that it could be given ahead of the end of the one it works on; see {@link Slots}. */
  public int roomAhead(int batchSize, int waiting, boolean certain) {
    ProcessLife current = life;
    return current == null ? 0 : current.roomAhead(batchSize, waiting, certain);
  }

  /** Asks for the next turn, where its process is at work for other models. */
  public void awaitTurn() {
    ProcessLife current = life;
    if (current != null) {
      current.awaitTurn();
    }
  }

  /** Whether it serves, or will soon unless something goes wrong for the first time. */
  public boolean hopeful() {
    ProcessLife current = life;
    boolean serves = current != null && current.phase() == WorkerPhase.READY;
    return !stopping && (serves || record.hopeful());
  }

  /** Hands over a batch. */
  public void run(Run run) {
    ProcessLife current = life;
    if (current == null) {
      throw new IllegalStateException("worker " + id() + " has no process for run " + run.id());
    }
    current.run(run);
  }

  /** Sends what was handed over. */
  public void flush() {
    ProcessLife current = life;
    if (current != null) {
      current.flush();
    }
  }

  /** Says that nobody waits for a job of one of its runs any more. */
  public void cancel(Run run, Job job, WorkerLink.CancelReason reason) {
    ProcessLife current = life;
    if (current != null) {
      current.cancel(run, job, reason);
    }
  }

  /** Lets a stream go on. */
  public void credit(Run run, Job job, int pieces) {
    ProcessLife current = life;
    if (current != null) {
      current.credit(run, job, pieces);
    }
  }

  /** Stops when what it has is done. */
  public void stop() {
    if (stopping) {
      return;
    }
    stopping = true;
    ProcessLife current = life;
    if (current == null) {
      end();
    } else {
      current.stop();
    }
  }

  /** Ends it at once; what it runs is lost with the cause. */
  public void kill(LossCause cause) {
    ProcessLife current = life;
    if (current == null) {
      end();
    } else {
      current.kill(cause);
    }
  }

  public WorkerSnapshot status() {
    WorkerSnapshot.State state = stopping ? WorkerSnapshot.State.STOPPING : state();
    return new WorkerSnapshot(
        id(), startTime, state, pid(), plan.gpuId(), lastFailure(), sharesWith());
  }

  private @Nullable List<ModelKey> sharesWith() {
    ProcessLife current = life;
    Company company = current == null ? null : current.company();
    return company == null ? null : company.others();
  }

  /** Why it was last lost or failed to load. */
  @Nullable String lastFailure() {
    return record.lastFailure();
  }

  private WorkerSnapshot.State state() {
    ProcessLife current = life;
    if (current == null) {
      return WorkerSnapshot.State.BACKING_OFF;
    }
    return switch (current.phase()) {
      case STARTING, LOADING, WARMING -> WorkerSnapshot.State.LOADING;
      case READY -> WorkerSnapshot.State.READY;
      case DYING, LOST, ENDED -> WorkerSnapshot.State.BACKING_OFF;
    };
  }

  private void end() {
    Loop.Timer waiting = restart;
    if (waiting != null) {
      waiting.cancel();
      restart = null;
    }
    ended = true;
    host.gone(this);
  }

  private void startAgain() {
    restart = null;
    if (!ended) {
      start();
    }
  }

  /** Hears how the present process does, and tells the host that it is this worker's. */
  private final class Reporter implements ProcessKeeper {
    @Override
    public long nextRunId() {
      return host.nextRunId();
    }

    @Override
    public void ready(long loadNanos) {
      host.ready(Worker.this, loadNanos);
    }

    @Override
    public void replied(Run run, Job job, ItemReply reply, boolean last) {
      host.replied(Worker.this, run, job, reply, last);
    }

    @Override
    public boolean roomMade() {
      return host.roomMade();
    }

    @Override
    public void runEnded(Run run) {
      host.runEnded(Worker.this, run);
    }

    @Override
    public void overdue(Run run, LossCause cause) {
      host.overdue(Worker.this, run, cause);
    }

    @Override
    public void hung(List<Run> runs, LossCause cause) {
      host.lost(Worker.this, runs, cause);
    }

    /** Judges its runs and plans the next start. */
    @Override
    public void over(List<Run> runs, LossCause cause, boolean told) {
      life = null;
      if (stopping) {
        // Ending as it was told is no loss, unless something was still to be done.
        if (!runs.isEmpty()) {
          host.lost(Worker.this, runs, cause);
        }
        end();
        return;
      }
      record.lost(cause, !runs.isEmpty() && runs.get(0).group() != null);
      if (record.loadFailed()) {
        host.loadFailed(Worker.this, cause);
      } else if (told) {
        host.explained(Worker.this, cause);
      } else {
        host.lost(Worker.this, runs, cause);
      }
      if (!ended) {
        long wait = plan.restarts().delay(record.failuresInARow()).toNanos();
        restart = loop.schedule(Worker.this::startAgain, wait);
      }
    }
  }
}
