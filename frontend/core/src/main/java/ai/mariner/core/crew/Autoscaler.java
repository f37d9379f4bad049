package ai.mariner.core.crew;

import ai.mariner.core.config.Autoscale;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.time.LazyTimer;
import ai.mariner.core.time.Loop;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets the number of workers follow the load. Up while a request waits too long, one worker after
 * the other as each is ready; down one at a time, each after a whole cool-down in which one fewer
 * would have been enough. On the pool's loop.
 */
final class Autoscaler {
  private static final Logger log = LoggerFactory.getLogger(Autoscaler.class);

  /**
   * One fewer is enough when those that were left would have been busy for less than this share.
   */
  private static final double BUSY_ENOUGH = 0.7;

  /** The queue is looked at no more often than this. */
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private final ModelKey key;
  private final long queueWaitNanos;
  private final long cooldownNanos;
  private final Loop loop;
  private final Demand demand;
  private final WorkerSet workers;
  private final Staffing staffing;
  private final MemoryWatch memory;
  private final Runnable changed;
  private final LazyTimer calm;

  private boolean asleep;
  private Loop.@Nullable Timer look;
  private boolean surveying;
  private @Nullable MemoryGrant grant;
  private boolean toldOfShortage;
  private @Nullable Long holdUntil;

  /** Since when no request has waited too long and no worker has come or gone. */
  private long calmSince;

  private double busyNanos;
  private double busy;
  private long busyAt;

  /**
   * Makes an autoscaler.
   *
   * @param options when to scale
   * @param demand what waits
   * @param staffing starts and stops workers
   * @param memory tells whether there is room for one more
   */
  Autoscaler(
      CrewContext pool, Autoscale options, Demand demand, Staffing staffing, MemoryWatch memory) {
    this.key = pool.key();
    this.queueWaitNanos = options.queueWait().toNanos();
    this.cooldownNanos = options.cooldown().toNanos();
    this.loop = pool.loop();
    this.demand = demand;
    this.workers = pool.workers();
    this.staffing = staffing;
    this.memory = memory;
    this.changed = pool.changed();
    this.calm = new LazyTimer(loop, () -> calmSince + cooldownNanos, this::calmForLong);
  }

  /** Requests wait, are run or have ended: keeps the account of how busy the workers are. */
  void observe() {
    long now = loop.nanoTime();
    busyNanos += busy * (now - busyAt);
    busyAt = now;
    busy = workers.busyCount();
    if (look == null && !asleep && demand.size() > 0) {
      lookAt(now, demand.oldestArrivalNanos() + queueWaitNanos);
    }
  }

  /** A worker takes runs from now on, or the bounds have changed. */
  void staffChanged() {
    if (workers.readyCount() >= staffing.target()) {
      endGrant();
    }
    if (!asleep) {
      disturbed();
    }
  }

  /**
   * A worker could not load the model.
   *
   * @param givenUp whether it was one that had been added, and is not tried again
   */
  void loadFailed(boolean givenUp) {
    endGrant();
    if (givenUp) {
      holdUntil = loop.nanoTime() + cooldownNanos;
    }
  }

  private void endGrant() {
    MemoryGrant current = grant;
    if (current != null) {
      current.end();
      grant = null;
    }
  }

  /** Looks no more. */
  void sleep() {
    asleep = true;
    endGrant();
    calm.sleep();
    Loop.Timer current = look;
    if (current != null) {
      current.cancel();
      look = null;
    }
  }

  private void lookAt(long now, long atNanos) {
    look = loop.schedule(this::look, Math.max(LOOK_NANOS, atNanos - now));
  }

  private void look() {
    look = null;
    if (demand.size() == 0) {
      return;
    }
    long now = loop.nanoTime();
    long due = demand.oldestArrivalNanos() + queueWaitNanos;
    if (due - now > 0) {
      lookAt(now, due);
      return;
    }
    // With an idle worker it is the batch that is waited for.
    if (workers.idleCount() == 0) {
      disturbed();
      grow(now);
    }
    lookAt(now, now + Math.min(queueWaitNanos, cooldownNanos));
  }

  private void disturbed() {
    long now = loop.nanoTime();
    calmSince = now;
    busyNanos = 0;
    busyAt = now;
    if (staffing.canShrink()) {
      calm.lookBy(now + cooldownNanos);
    }
  }

  private void grow(long now) {
    boolean held = holdUntil != null && holdUntil - now > 0;
    if (surveying || held || !staffing.canGrow()) {
      return;
    }
    surveying = true;
    memory.survey(workers.pids(), loop, this::growIfThereIsRoom);
  }

  private void growIfThereIsRoom(MemorySurvey survey) {
    surveying = false;
    if (asleep || !staffing.canGrow() || demand.size() == 0) {
      return;
    }
    endGrant();
    grant = memory.grant(survey);
    if (grant == null) {
      if (!toldOfShortage) {
        log.warn("model {}: no worker is added: {}", key, memory.shortage(survey));
      }
      toldOfShortage = true;
      return;
    }
    toldOfShortage = false;
    long waited = loop.nanoTime() - demand.oldestArrivalNanos();
    log.info(
        "model {}: a worker is added to {}, a request has waited for {} ms",
        key,
        staffing.target(),
        TimeUnit.NANOSECONDS.toMillis(waited));
    staffing.change(1);
    disturbed();
    changed.run();
  }

  private void calmForLong(long now) {
    observe();
    int fewer = staffing.target() - 1;
    boolean enough = busyNanos <= BUSY_ENOUGH * fewer * (now - calmSince);
    if (asleep || !staffing.canShrink()) {
      return;
    }
    if (enough && demand.size() == 0 && (fewer > 0 || busy == 0)) {
      log.info("model {}: a worker is taken from {}, the others are enough", key, fewer + 1);
      staffing.change(-1);
      endGrant();
      changed.run();
    }
    disturbed();
  }
}
