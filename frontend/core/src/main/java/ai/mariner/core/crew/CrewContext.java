package ai.mariner.core.crew;

import ai.mariner.core.config.ModelSpec;
import ai.mariner.core.job.Refusals;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.metrics.ModelMetrics;
import ai.mariner.core.time.Loop;

/**
 * What those who decide on a pool's workers share.
 *
 * @param key name and version of the model
 * @param spec its options
 * @param loop owner of all parts and their state
 * @param metrics the pool's meters
 * @param workers the workers
 * @param changed called when the number of ready or busy workers may have changed
 */
public record CrewContext(
    ModelKey key,
    ModelSpec spec,
    Loop loop,
    ModelMetrics metrics,
    WorkerSet workers,
    Runnable changed) {
  /** The words for requests that the pool does not serve. */
  public Refusals refusals() {
    return new Refusals(key);
  }
}
