package example;

import ai.mariner.sdk.BatchChoice;
import ai.mariner.sdk.BatchingPolicy;
import ai.mariner.sdk.QueueView;

/**
 * Batches whose sizes are powers of two, as models like them that are compiled for a few shapes. A
 * batch that could still grow to the next of these sizes waits for that, at most {@code
 * maxBatchDelay}.
 */
public class EvenBatches implements BatchingPolicy {
  @Override
  public String name() {
    return "even";
  }

  @Override
  public BatchChoice choose(QueueView queue) {
    int largest = Integer.highestOneBit(queue.batchSize());
    int ready = Math.min(largest, Integer.highestOneBit(queue.waiting()));
    long left = queue.maxBatchDelayNanos() - queue.oldestWaitNanos();
    return ready == largest || left <= 0 ? BatchChoice.take(ready) : BatchChoice.waitFor(left);
  }
}
