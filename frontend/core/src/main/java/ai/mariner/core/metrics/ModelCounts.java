package ai.mariner.core.metrics;

/**
 * What a model version has done since it was registered. Times are sums in nanoseconds.
 *
 * @param answered requests that were answered
 * @param failed requests that ended without an answer
 * @param totalNanos time of answered requests from their arrival to their end
 * @param queueNanos of that: in the queue
 * @param runNanos of that: in a worker
 * @param batches batches that were handed to workers
 * @param cacheHits requests that the response cache answered
 * @param cacheMisses requests that it could not answer
 * @param lastMillis when the last request was answered, in milliseconds since 1970; 0: never
 */
public record ModelCounts(
    long answered,
    long failed,
    long totalNanos,
    long queueNanos,
    long runNanos,
    long batches,
    long cacheHits,
    long cacheMisses,
    long lastMillis) {}
