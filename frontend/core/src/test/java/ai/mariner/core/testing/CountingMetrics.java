package ai.mariner.core.testing;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.message.Priority;
import ai.mariner.core.metrics.BusyTime;
import ai.mariner.core.metrics.CacheOutcome;
import ai.mariner.core.metrics.ModelMetrics;
import ai.mariner.core.metrics.RecycleReason;
import ai.mariner.core.metrics.ServerMetrics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Counts, and shows the counts to a test. */
public final class CountingMetrics implements ServerMetrics {
  private final Map<ModelKey, Meters> models = new ConcurrentHashMap<>();
  private final Map<Integer, Integer> httpStatuses = new TreeMap<>();

  /** The meters of one model. */
  public static final class Meters implements ModelMetrics {
    private final List<Integer> batchSizes = new ArrayList<>();
    private final Map<ErrorKind, Integer> failures = new TreeMap<>();
    private final List<Duration> queueTimes = new ArrayList<>();
    private final List<Duration> runTimes = new ArrayList<>();
    private final List<RecycleReason> recycles = new ArrayList<>();
    private final List<Duration> reuseTimes = new ArrayList<>();
    private final Map<CacheOutcome, Integer> cacheOutcomes = new TreeMap<>();
    private final Map<Priority, List<Duration>> laneTimes = new TreeMap<>();
    private final BusyTime busyTime = new BusyTime();
    private long cacheBytes;
    private int received;
    private int reruns;
    private int loads;
    private int losses;
    private int ends;
    private Gauges gauges = new Gauges(0, 0, 0);
    private List<Integer> staff = List.of(0, 0);
    private @Nullable Long oldestArrival;

    /**
     * The last gauges.
     *
     * @param waiting requests that wait
     * @param running requests that run
     * @param readyWorkers workers that are ready
     */
    public record Gauges(int waiting, int running, int readyWorkers) {}

    @Override
    public synchronized void received(ModelRef asNamed) {
      received++;
    }

    @Override
    public synchronized void batchStarted(int size) {
      batchSizes.add(size);
    }

    @Override
    public synchronized void answered(
        ModelRef asNamed, long queueNanos, long runNanos, long totalNanos) {
      if (queueNanos < 0 || runNanos < 0 || queueNanos + runNanos != totalNanos) {
        throw new AssertionError(
            "times don't add up: " + queueNanos + " + " + runNanos + " != " + totalNanos);
      }
      queueTimes.add(Duration.ofNanos(queueNanos));
      runTimes.add(Duration.ofNanos(runNanos));
    }

    @Override
    public synchronized void failed(ErrorKind kind) {
      failures.merge(kind, 1, Integer::sum);
    }

    @Override
    public synchronized void rerun() {
      reruns++;
    }

    @Override
    public synchronized void workerLoaded(String workerName, long nanos) {
      loads++;
    }

    @Override
    public synchronized void workerLost() {
      losses++;
    }

    @Override
    public synchronized void workerRecycled(RecycleReason reason) {
      recycles.add(reason);
    }

    @Override
    public synchronized void workerGone(String workerName) {
      ends++;
    }

    @Override
    public synchronized void gauges(int waiting, int running, int readyWorkers) {
      if (waiting < 0 || running < 0 || readyWorkers < 0) {
        throw new AssertionError(
            "negative gauges: " + waiting + ", " + running + ", " + readyWorkers);
      }
      gauges = new Gauges(waiting, running, readyWorkers);
    }

    @Override
    public synchronized void oldest(boolean waits, long arrivalNanos) {
      oldestArrival = waits ? arrivalNanos : null;
    }

    @Override
    public synchronized void staff(int starting, int stopping) {
      if (starting < 0 || stopping < 0) {
        throw new AssertionError("negative staff: " + starting + ", " + stopping);
      }
      staff = List.of(starting, stopping);
    }

    @Override
    public void busy(double workers, long nowNanos) {
      if (workers < 0) {
        throw new AssertionError("negative number of busy workers: " + workers);
      }
      busyTime.set(workers, nowNanos);
    }

    /** How long workers were busy until a moment, all together. */
    public Duration busyTime(long nowNanos) {
      return Duration.ofNanos(Math.round(busyTime.nanos(nowNanos)));
    }

    /** Workers that start, and those that stop. */
    public synchronized List<Integer> staff() {
      return staff;
    }

    /** When the oldest waiting request came; absent: none waits. */
    public synchronized @Nullable Long oldestArrival() {
      return oldestArrival;
    }

    @Override
    public synchronized void reused(ModelRef asNamed, long totalNanos) {
      if (totalNanos < 0) {
        throw new AssertionError("negative time: " + totalNanos);
      }
      reuseTimes.add(Duration.ofNanos(totalNanos));
    }

    @Override
    public synchronized void cached(CacheOutcome outcome) {
      cacheOutcomes.merge(outcome, 1, Integer::sum);
    }

    @Override
    public synchronized void cacheBytes(long bytes) {
      if (bytes < 0) {
        throw new AssertionError("negative bytes: " + bytes);
      }
      cacheBytes = bytes;
    }

    @Override
    public synchronized void laneWaited(Priority lane, long queueNanos) {
      laneTimes
          .computeIfAbsent(lane, unused -> new ArrayList<>())
          .add(Duration.ofNanos(queueNanos));
    }

    /** Times of requests that were answered with the answer of another one, in order. */
    public synchronized List<Duration> reuseTimes() {
      return List.copyOf(reuseTimes);
    }

    /** What the cache did, and how often. */
    public synchronized Map<CacheOutcome, Integer> cacheOutcomes() {
      return Map.copyOf(cacheOutcomes);
    }

    /** Bytes that the cache holds. */
    public synchronized long cacheBytes() {
      return cacheBytes;
    }

    /** Times in the queue of answered requests by lane, in order. */
    public synchronized Map<Priority, List<Duration>> laneTimes() {
      return Map.copyOf(laneTimes);
    }

    /** Requests that arrived. */
    public synchronized int received() {
      return received;
    }

    /** Sizes of all batches in order. */
    public synchronized List<Integer> batchSizes() {
      return List.copyOf(batchSizes);
    }

    /** Requests that got an answer. */
    public synchronized int answers() {
      return runTimes.size() + reuseTimes.size();
    }

    /** Requests that failed, by kind. */
    public synchronized Map<ErrorKind, Integer> failures() {
      return Map.copyOf(failures);
    }

    /** Requests that failed. */
    public synchronized int failureCount() {
      return failures.values().stream().mapToInt(Integer::intValue).sum();
    }

    /** Times in the queue of answered requests, in order. */
    public synchronized List<Duration> queueTimes() {
      return List.copyOf(queueTimes);
    }

    /** Times in the worker of answered requests, in order. */
    public synchronized List<Duration> runTimes() {
      return List.copyOf(runTimes);
    }

    /** Requests that were run again. */
    public synchronized int reruns() {
      return reruns;
    }

    /** Loads that went well. */
    public synchronized int loads() {
      return loads;
    }

    /** Workers that have ended for good. */
    public synchronized int ends() {
      return ends;
    }

    /** Workers that were lost. */
    public synchronized int losses() {
      return losses;
    }

    /** Why workers were replaced, in order. */
    public synchronized List<RecycleReason> recycles() {
      return List.copyOf(recycles);
    }

    /** The last gauges. */
    public synchronized Gauges lastGauges() {
      return gauges;
    }
  }

  @Override
  public Meters model(ModelKey key) {
    return models.computeIfAbsent(key, unused -> new Meters());
  }

  @Override
  public void modelRemoved(ModelKey key) {
    models.remove(key);
  }

  @Override
  public synchronized void httpAnswered(int status) {
    httpStatuses.merge(status, 1, Integer::sum);
  }

  /** Whether there are meters of a model. */
  public boolean knows(ModelKey key) {
    return models.containsKey(key);
  }

  /** HTTP answers by status. */
  public synchronized Map<Integer, Integer> httpStatuses() {
    return Map.copyOf(httpStatuses);
  }
}
