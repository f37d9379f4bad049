package ai.mariner.core.crew;

import ai.mariner.core.config.WorkerLifespan;
import ai.mariner.core.job.LossCause;
import ai.mariner.core.metrics.ModelMetrics;
import ai.mariner.core.metrics.RecycleReason;
import ai.mariner.core.process.Worker;
import ai.mariner.core.time.Loop;
import java.time.Duration;
import java.util.function.IntFunction;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Replaces workers that have lived long enough, one at a time in a pool. The successor is started
 * first and the old worker stops when it is ready, having finished what it had; when there is no
 * memory for both, the old one is stopped first.
 */
public final class Recycler {
  private static final Logger log = LoggerFactory.getLogger(Recycler.class);

  /** How often age and memory are looked at. */
  public static final Duration TICK = Duration.ofSeconds(2);

  /** Pause after a successor that could not load the model. */
  public static final Duration PAUSE = Duration.ofSeconds(30);

  private final WorkerLifespan limits;
  private final Loop loop;
  private final WorkerSet workers;
  private final MemoryWatch memory;
  private final ModelMetrics metrics;
  private final IntFunction<Worker> hire;
  private final WorkerAges ages;

  private boolean asleep;
  private Loop.@Nullable Timer timer;
  private @Nullable Long pausedUntil;
  private @Nullable Worker old;
  private @Nullable Worker successor;
  private RecycleReason reason = RecycleReason.AGE;
  private boolean vacant;
  private @Nullable MemoryGrant grant;

  /**
   * Makes a recycler.
   *
   * @param limits when a worker has lived long enough
   * @param random spreads the limits
   * @param hire starts a worker at a place of the pool
   */
  Recycler(
      CrewContext pool,
      WorkerLifespan limits,
      MemoryWatch memory,
      RandomGenerator random,
      IntFunction<Worker> hire) {
    this.limits = limits;
    this.loop = pool.loop();
    this.workers = pool.workers();
    this.memory = memory;
    this.metrics = pool.metrics();
    this.hire = hire;
    this.ages = new WorkerAges(limits, random);
  }

  /** Whether this worker loads to take another one's place, and is one more than the pool wants. */
  boolean isSuccessor(Worker worker) {
    return worker == successor;
  }

  /** The place of a worker that is to be started when its forerunner has ended; absent: none. */
  @Nullable Integer vacancy() {
    Worker leaving = old;
    return vacant && leaving != null ? leaving.place() : null;
  }

  /** Nobody is to be started when the forerunner has ended. */
  void dropVacancy() {
    vacant = false;
  }

  /** Whether a worker is being replaced. */
  boolean busy() {
    return old != null;
  }

  /** A worker takes runs from now on. */
  void ready(Worker worker) {
    ages.begin(worker);
    if (worker == successor) {
      succeed();
    }
    if (limits.rssBytes() != null) {
      memory.survey(workers.pids(), loop, survey -> ages.newborn(worker, survey));
    }
    arm();
  }

  private void succeed() {
    Worker leaving = old;
    successor = null;
    endGrant();
    if (leaving != null) {
      metrics.workerRecycled(reason);
      leaving.stop();
    }
  }

  /** A run of this worker has ended. */
  void runEnded(Worker worker) {
    if (limits.requests() != null) {
      look(worker);
    }
  }

  /** A worker could not load the model; true if it was a successor, which is then given up. */
  boolean loadFailed(Worker worker, LossCause cause) {
    if (worker != successor) {
      return false;
    }
    log.warn(
        "{} can't take the place of another worker, which goes on: {}",
        worker.name(),
        cause.message());
    drop();
    pausedUntil = loop.nanoTime() + PAUSE.toNanos();
    return true;
  }

  /** A worker has ended for good. */
  void gone(Worker worker) {
    ages.end(worker);
    if (worker != old) {
      return;
    }
    boolean fill = vacant;
    drop();
    if (fill) {
      var unused = hire.apply(worker.place());
    }
    lookAtAll();
  }

  /** Workers were started or stopped for other reasons. */
  void staffChanged() {
    Worker leaving = old;
    if (successor != null && leaving != null && leaving.stopping()) {
      drop();
    }
  }

  /** Stops looking; what is under way is not finished. */
  void sleep() {
    asleep = true;
    reset();
  }

  /** Forgets what is under way: all workers are told to stop. */
  void reset() {
    Loop.Timer current = timer;
    if (current != null) {
      current.cancel();
      timer = null;
    }
    drop();
  }

  private void drop() {
    Worker unneeded = successor;
    old = null;
    successor = null;
    vacant = false;
    endGrant();
    if (unneeded != null) {
      unneeded.stop();
    }
  }

  private void endGrant() {
    MemoryGrant current = grant;
    if (current != null) {
      current.end();
      grant = null;
    }
  }

  private void arm() {
    if (timer == null && !asleep && (limits.age() != null || limits.rssBytes() != null)) {
      timer = loop.schedule(this::tick, TICK.toNanos());
    }
  }

  private void tick() {
    timer = null;
    if (workers.isEmpty()) {
      return;
    }
    if (limits.rssBytes() == null) {
      lookAtAll();
    } else {
      memory.survey(
          workers.pids(),
          loop,
          survey -> {
            ages.surveyed(survey);
            lookAtAll();
          });
    }
    arm();
  }

  private void lookAtAll() {
    for (Worker worker : workers.all()) {
      look(worker);
    }
  }

  private void look(Worker worker) {
    if (asleep || old != null || !worker.ready()) {
      return;
    }
    long now = loop.nanoTime();
    if (pausedUntil != null && pausedUntil - now > 0) {
      return;
    }
    RecycleReason due = ages.reason(worker, now);
    if (due != null) {
      old = worker;
      reason = due;
      memory.survey(workers.pids(), loop, survey -> replace(worker, survey));
    }
  }

  private void replace(Worker worker, MemorySurvey survey) {
    if (asleep || old != worker || successor != null || vacant) {
      return;
    }
    if (!worker.ready()) {
      old = null;
      return;
    }
    String why = ages.describe(worker, reason, loop.nanoTime());
    grant = memory.grant(survey);
    if (grant != null) {
      log.info("{} is replaced: {}", worker.name(), why);
      successor = hire.apply(worker.place());
    } else {
      log.info(
          "{} is replaced: {}; it is stopped first, since {}",
          worker.name(),
          why,
          memory.shortage(survey));
      metrics.workerRecycled(reason);
      vacant = true;
      worker.stop();
    }
  }
}
