package ai.mariner.core.metrics;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.message.Priority;
import java.time.InstantSource;
import java.util.concurrent.atomic.LongAdder;

/** Counts what a model does for those who ask it, and passes everything on. Thread-safe. */
public final class ModelTally implements ModelMetrics {
  private final ModelMetrics meters;
  private final InstantSource clock;
  private final LongAdder answered = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private final LongAdder totalNanos = new LongAdder();
  private final LongAdder queueNanos = new LongAdder();
  private final LongAdder runNanos = new LongAdder();
  private final LongAdder batches = new LongAdder();
  private final LongAdder cacheHits = new LongAdder();
  private final LongAdder cacheMisses = new LongAdder();
  private volatile long lastMillis;

  /**
   * Makes a tally.
   *
   * @param meters hear of everything, too
   * @param clock time of day
   */
  public ModelTally(ModelMetrics meters, InstantSource clock) {
    this.meters = meters;
    this.clock = clock;
  }

  /** What was counted until now. */
  public ModelCounts counts() {
    return new ModelCounts(
        answered.sum(),
        failed.sum(),
        totalNanos.sum(),
        queueNanos.sum(),
        runNanos.sum(),
        batches.sum(),
        cacheHits.sum(),
        cacheMisses.sum(),
        lastMillis);
  }

  @Override
  public void received(ModelRef asNamed) {
    meters.received(asNamed);
  }

  @Override
  public void batchStarted(int size) {
    batches.increment();
    meters.batchStarted(size);
  }

  @Override
  public void answered(ModelRef asNamed, long inQueue, long inWorker, long inAll) {
    answered.increment();
    queueNanos.add(inQueue);
    runNanos.add(inWorker);
    totalNanos.add(inAll);
    lastMillis = clock.millis();
    meters.answered(asNamed, inQueue, inWorker, inAll);
  }

  @Override
  public void failed(ErrorKind kind) {
    failed.increment();
    meters.failed(kind);
  }

  @Override
  public void rerun() {
    meters.rerun();
  }

  @Override
  public void workerLoaded(String workerName, long nanos) {
    meters.workerLoaded(workerName, nanos);
  }

  @Override
  public void workerLost() {
    meters.workerLost();
  }

  @Override
  public void workerRecycled(RecycleReason reason) {
    meters.workerRecycled(reason);
  }

  @Override
  public void workerGone(String workerName) {
    meters.workerGone(workerName);
  }

  @Override
  public void reused(ModelRef asNamed, long inAll) {
    answered.increment();
    totalNanos.add(inAll);
    lastMillis = clock.millis();
    meters.reused(asNamed, inAll);
  }

  @Override
  public void cached(CacheOutcome outcome) {
    switch (outcome) {
      case HIT, COALESCED -> cacheHits.increment();
      case MISS -> cacheMisses.increment();
      case BYPASS -> {
        // The cache had no part in it.
      }
    }
    meters.cached(outcome);
  }

  @Override
  public void cacheBytes(long bytes) {
    meters.cacheBytes(bytes);
  }

  @Override
  public void laneWaited(Priority lane, long inQueue) {
    meters.laneWaited(lane, inQueue);
  }

  @Override
  public void gauges(int waiting, int running, int readyWorkers) {
    meters.gauges(waiting, running, readyWorkers);
  }

  @Override
  public void oldest(boolean waits, long arrivalNanos) {
    meters.oldest(waits, arrivalNanos);
  }

  @Override
  public void busy(double workers, long nowNanos) {
    meters.busy(workers, nowNanos);
  }

  @Override
  public void staff(int starting, int stopping) {
    meters.staff(starting, stopping);
  }
}
