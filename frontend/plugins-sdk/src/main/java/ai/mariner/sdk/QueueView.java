package ai.mariner.sdk;

/**
 * What a {@link BatchingPolicy} is told. Times are in nanoseconds.
 *
 * @param waiting requests that wait and could be in one batch: of one batch key, at least 1
 * @param waitingInAll requests that wait for the model, with those of other batch keys
 * @param oldestWaitNanos how long the first of them has waited
 * @param batchSize most requests in a batch
 * @param maxBatchDelayNanos the model's {@code maxBatchDelay}
 * @param freeSeats batches that workers could take right now, at least 1
 */
public record QueueView(
    int waiting,
    int waitingInAll,
    long oldestWaitNanos,
    int batchSize,
    long maxBatchDelayNanos,
    int freeSeats) {}
