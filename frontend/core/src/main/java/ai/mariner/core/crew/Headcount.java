package ai.mariner.core.crew;

import ai.mariner.core.config.ModelSpec;

/**
 * How many workers a pool is to have: bounds set by hand, between them a target that follows the
 * load, and none while the pool sleeps for want of requests. Numbers only; {@link Staffing} starts
 * and stops workers until they are true. On the pool's loop.
 */
final class Headcount {
  private final boolean scales;

  private boolean begun;
  private int min;
  private int max;
  private int target;

  /** Stopped for want of requests; the next one starts workers again. */
  private boolean unloaded;

  /** Being started again after that; counts as serving unless it fails. */
  private boolean waking;

  /** What the options of a model ask for; they hold from the first {@link #bound} on. */
  Headcount(ModelSpec spec) {
    this.min = spec.minWorkers();
    this.max = spec.maxWorkers();
    this.target = min;
    this.scales = spec.autoscale() != null;
  }

  /**
   * Sets the bounds, and wakes a pool that sleeps.
   *
   * @param newMin workers that are kept alive
   * @param newMax most workers, when their number follows the load
   * @param first how many there shall be at first, when their number follows the load; a pool that
   *     has more already keeps them as far as the bounds allow
   */
  void bound(int newMin, int newMax, int first) {
    min = newMin;
    max = newMax;
    int wish = begun ? Math.max(target, first) : first;
    target = scales ? Math.max(newMin, Math.min(wish, newMax)) : newMin;
    begun = true;
    unloaded = false;
    waking = false;
  }

  /** Whether bounds were set. */
  boolean begun() {
    return begun;
  }

  /** Workers that are kept alive. */
  int min() {
    return min;
  }

  /** Workers that are wanted now. */
  int target() {
    return target;
  }

  /** Workers without which the pool is not ready; none while it sleeps or is being woken. */
  int needed() {
    return unloaded || waking ? 0 : min;
  }

  /** Whether any worker is to be kept alive, now or when a request comes. */
  boolean wanted() {
    return target > 0 || dormant();
  }

  /** Whether requests start workers although none is wanted now. */
  boolean dormant() {
    return begun && target == 0 && (unloaded || (scales && max > 0));
  }

  /** Whether all workers were stopped for want of requests. */
  boolean unloaded() {
    return unloaded;
  }

  /** No worker is wanted until the next request. */
  void unload() {
    unloaded = true;
    target = 0;
  }

  /** A request needs workers again. */
  void wake() {
    target = Math.max(1, min);
    waking = true;
    unloaded = false;
  }

  /** The start that followed {@link #wake} is over, well or not. */
  void awake() {
    waking = false;
  }

  /** Whether the bounds allow for one more worker than is wanted now; not if that is none. */
  boolean mayGrow() {
    return target > 0 && target < max;
  }

  /** Whether one fewer than is wanted now would still be enough for the lower bound. */
  boolean mayShrink() {
    return target > min;
  }

  /**
   * Whether one that is wanted only helps the others.
   *
   * @param ready workers that serve
   */
  boolean couldSpareOne(int ready) {
    return mayShrink() && ready >= min && min > 0;
  }

  /** Wants so many more workers, or fewer. */
  void change(int by) {
    target += by;
  }

  /** Wants no worker ever again. */
  void stop() {
    target = 0;
    min = 0;
    max = 0;
    unloaded = false;
  }
}
