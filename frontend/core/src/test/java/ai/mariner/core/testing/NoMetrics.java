package ai.mariner.core.testing;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.message.Priority;
import ai.mariner.core.metrics.CacheOutcome;
import ai.mariner.core.metrics.ModelMetrics;
import ai.mariner.core.metrics.RecycleReason;
import ai.mariner.core.metrics.ServerMetrics;

/** Counts nothing. */
public final class NoMetrics implements ServerMetrics, ModelMetrics {
  @Override
  public ModelMetrics model(ModelKey key) {
    return this;
  }

  @Override
  public void modelRemoved(ModelKey key) {}

  @Override
  public void httpAnswered(int status) {}

  @Override
  public void received(ModelRef asNamed) {}

  @Override
  public void batchStarted(int size) {}

  @Override
  public void answered(ModelRef asNamed, long queueNanos, long runNanos, long totalNanos) {}

  @Override
  public void failed(ErrorKind kind) {}

  @Override
  public void rerun() {}

  @Override
  public void workerLoaded(String workerName, long nanos) {}

  @Override
  public void workerLost() {}

  @Override
  public void workerRecycled(RecycleReason reason) {}

  @Override
  public void workerGone(String workerName) {}

  @Override
  public void gauges(int waiting, int running, int readyWorkers) {}

  @Override
  public void oldest(boolean waits, long arrivalNanos) {}

  @Override
  public void busy(double workers, long nowNanos) {}

  @Override
  public void staff(int starting, int stopping) {}

  @Override
  public void reused(ModelRef asNamed, long totalNanos) {}

  @Override
  public void cached(CacheOutcome outcome) {}

  @Override
  public void cacheBytes(long bytes) {}

  @Override
  public void laneWaited(Priority lane, long queueNanos) {}
}
