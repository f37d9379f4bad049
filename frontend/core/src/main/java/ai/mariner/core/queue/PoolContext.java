package ai.mariner.core.queue;

import ai.mariner.core.config.ModelSpec;
import ai.mariner.core.crew.CrewContext;
import ai.mariner.core.crew.WorkerSet;
import ai.mariner.core.job.Refusals;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.metrics.ModelMetrics;
import ai.mariner.core.time.Loop;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What the parts of a pool share: whom they work for, and the queue and the workers that they look
 * at.
 *
 * @param key name and version of the model
 * @param spec its options
 * @param loop owner of all parts and their state
 * @param metrics the pool's meters
 * @param runIds numbers of runs, shared by all pools
 * @param batcher the queue
 * @param sequences the queue, if requests form sequences; absent: they form none
 * @param workers the workers
 * @param changed told when the numbers of waiting or running requests or of ready workers may have
 *     changed
 */
record PoolContext(
    ModelKey key,
    ModelSpec spec,
    Loop loop,
    ModelMetrics metrics,
    AtomicLong runIds,
    Batcher batcher,
    @Nullable SequenceBatcher sequences,
    WorkerSet workers,
    Runnable changed) {
  /** The part of it that those need to know who decide on workers. */
  CrewContext crew() {
    return new CrewContext(key, spec, loop, metrics, workers, changed);
  }

  /** The words for requests that the pool does not serve. */
  Refusals refusals() {
    return new Refusals(key);
  }
}
