package ai.mariner.core.metrics;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.message.Priority;

/** Meters of one model version. All times are in nanoseconds. */
public interface ModelMetrics {
  /** A request for the model arrived; the reference tells whether the client named a version. */
  void received(ModelRef asNamed);

  /** A batch of this size was handed to a worker. */
  void batchStarted(int size);

  /** A request ended with an answer, after so much time in the queue, in the worker and in all. */
  void answered(ModelRef asNamed, long queueNanos, long runNanos, long totalNanos);

  /** A request ended without an answer. */
  void failed(ErrorKind kind);

  /** A request is run again after its worker was lost. */
  void rerun();

  /** A worker has loaded the model in this time. */
  void workerLoaded(String workerName, long nanos);

  /** A worker was lost. */
  void workerLost();

  /** A worker that serves is replaced because it has lived long enough. */
  void workerRecycled(RecycleReason reason);

  /** A worker has ended for good. */
  void workerGone(String workerName);

  /** A request ended, after so much time in all, with an answer that was not made for it. */
  void reused(ModelRef asNamed, long totalNanos);

  /** The response cache looked at a request. */
  void cached(CacheOutcome outcome);

  /** The response cache holds so many bytes. */
  void cacheBytes(long bytes);

  /** A request of a model with lanes was answered after so much time in its lane. */
  void laneWaited(Priority lane, long queueNanos);

  /** The number of requests that wait or run, or of workers that are ready, may have changed. */
  void gauges(int waiting, int running, int readyWorkers);

  /**
   * When the request came that has waited longest.
   *
   * @param waits whether one waits at all
   * @param arrivalNanos its arrival in the time of {@link System#nanoTime}, if one waits
   */
  void oldest(boolean waits, long arrivalNanos);

  /**
   * Another number of workers is busy from now on. Not told while the number stays the same.
   *
   * @param workers how many; one that runs several requests at once counts by the share that it
   *     runs
   * @param nowNanos the time of {@link System#nanoTime}
   */
  void busy(double workers, long nowNanos);

  /** So many workers are to serve and don't yet, and so many are to end and haven't yet. */
  void staff(int starting, int stopping);
}
