package ai.mariner.core.crew;

import ai.mariner.core.config.Autoscale;
import ai.mariner.core.message.ModelKey;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What lets the number of a pool's workers follow its load, for models that ask for it: autoscaling
 * and the unloading of idle models. On the pool's loop.
 */
public final class Elasticity {
  private static final Logger log = LoggerFactory.getLogger(Elasticity.class);

  private final ModelKey key;
  private final WorkerSet workers;
  private final Staffing staffing;
  private final BooleanSupplier idle;
  private final Runnable changed;
  private final @Nullable Autoscaler autoscaler;
  private final @Nullable IdleWatch idleWatch;

  /**
   * Makes what the options of a model ask for.
   *
   * @param demand requests that wait
   * @param staffing starts and stops workers
   * @param memory tells whether there is room for one more
   * @param idle whether no request is under way
   */
  public Elasticity(
      CrewContext pool,
      Demand demand,
      Staffing staffing,
      MemoryWatch memory,
      BooleanSupplier idle) {
    this.key = pool.key();
    this.workers = pool.workers();
    this.staffing = staffing;
    this.idle = idle;
    this.changed = pool.changed();
    Autoscale rule = pool.spec().autoscale();
    this.autoscaler = rule == null ? null : new Autoscaler(pool, rule, demand, staffing, memory);
    Duration unloadAfter = pool.spec().idleUnload();
    this.idleWatch =
        unloadAfter == null
            ? null
            : new IdleWatch(pool.loop(), unloadAfter.toNanos(), this::couldUnload, this::unload);
  }

  /**
   * A request came or ended. One that the response cache answers counts as well: a model that is
   * asked is in use, and the next request may be another one. It starts no worker, though.
   */
  public void active() {
    if (idleWatch != null && !staffing.isUnloaded()) {
      idleWatch.active();
    }
  }

  /** The numbers of waiting and running requests may have changed. */
  public void observe() {
    if (autoscaler != null) {
      autoscaler.observe();
    }
  }

  /** A worker is ready, or another number is wanted. */
  public void staffChanged() {
    active();
    if (autoscaler != null) {
      autoscaler.staffChanged();
    }
  }

  /**
   * A worker could not load the model.
   *
   * @param givenUp whether it was one that had been added for the load, and is not tried again
   */
  public void loadFailed(boolean givenUp) {
    if (autoscaler != null) {
      autoscaler.loadFailed(givenUp);
    }
  }

  /** Does no more. */
  public void sleep() {
    if (autoscaler != null) {
      autoscaler.sleep();
    }
    if (idleWatch != null) {
      idleWatch.sleep();
    }
  }

  private boolean couldUnload() {
    return idle.getAsBoolean()
        && staffing.target() > 0
        && workers.readyCount() >= staffing.target();
  }

  private void unload() {
    log.info(
        "model {}: no request came for a while (idleUnloadSec), {} workers are stopped until one"
            + " does",
        key,
        staffing.target());
    staffing.unload();
    changed.run();
  }
}
