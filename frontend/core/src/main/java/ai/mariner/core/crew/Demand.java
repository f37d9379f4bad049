package ai.mariner.core.crew;

/** The requests of a pool that wait for a worker. */
public interface Demand {
  /** Number of waiting requests. */
  int size();

  /**
   * When the request came that has waited longest; requests that run again count from then, too.
   *
   * @throws IllegalStateException if nothing waits
   */
  long oldestArrivalNanos();
}
