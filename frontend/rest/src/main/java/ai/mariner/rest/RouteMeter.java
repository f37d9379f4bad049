package ai.mariner.rest;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;

/** What a route of an application has answered, and how long it took. Thread-safe. */
final class RouteMeter {
  /** Upper bounds in seconds of the times that are counted apart: each twice the one before. */
  static final double[] BOUNDS = {
    0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.024, 2.048, 4.096
  };

  private static final double NANOS_PER_SECOND = 1e9;
  private static final int OK = 200;

  private final Map<Integer, LongAdder> answers = new ConcurrentHashMap<>();
  private final LongAdder[] times = new LongAdder[BOUNDS.length + 1];
  private final DoubleAdder seconds = new DoubleAdder();

  RouteMeter() {
    for (int place = 0; place < times.length; place++) {
      times[place] = new LongAdder();
    }
  }

  /** Counts an answer; times are those of successes. */
  void answered(int status, long nanos) {
    answers.computeIfAbsent(status, absent -> new LongAdder()).increment();
    if (status != OK) {
      return;
    }
    double took = nanos / NANOS_PER_SECOND;
    int place = 0;
    while (place < BOUNDS.length && took > BOUNDS[place]) {
      place++;
    }
    times[place].increment();
    seconds.add(took);
  }

  /** Answers by status. */
  Map<Integer, Long> answers() {
    Map<Integer, Long> sums = new TreeMap<>();
    answers.forEach((status, count) -> sums.put(status, count.sum()));
    return sums;
  }

  /** Adds how many took at most each of the bounds, and in the last place how many there were. */
  void addTimesTo(long[] upTo) {
    long sum = 0;
    for (int place = 0; place < times.length; place++) {
      sum += times[place].sum();
      upTo[place] += sum;
    }
  }

  /** Seconds that all successes took together. */
  double seconds() {
    return seconds.sum();
  }
}
