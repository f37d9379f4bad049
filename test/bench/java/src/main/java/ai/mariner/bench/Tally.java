package ai.mariner.bench;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What belongs to a measurement, and what came of it. */
final class Tally {
  private final HttpLoad.Options options;
  private final Report report;
  private final boolean scheduled;
  private long startNanos;
  private long endNanos;
  private long offered;
  private long dropped;

  /** Begins empty. */
  Tally(HttpLoad.Options options) {
    this.options = options;
    this.report = new Report(options.seconds());
    this.scheduled = options.rate() != null;
  }

  /** The load begins; the measurement does after the time for warming up. */
  void begin(long beginNanos) {
    startNanos = beginNanos + (long) (options.warmUp() * 1e9);
    endNanos = startNanos + (long) (options.seconds() * 1e9);
  }

  /** When the measurement ends. */
  long endNanos() {
    return endNanos;
  }

  /** A request is due. */
  void offered(long dueNanos) {
    offered += dueNanos >= startNanos ? 1 : 0;
  }

  /** A request that was due then was not sent. */
  void dropped(long dueNanos) {
    dropped += dueNanos >= startNanos ? 1 : 0;
    unanswered(dueNanos);
  }

  /** Counts an answer; without a rate one after the end has a latency and no part in the rate. */
  void answered(long sinceNanos) {
    long now = System.nanoTime();
    if (!counts(sinceNanos, now)) {
      return;
    }
    if (scheduled || now < endNanos) {
      report.answer(now - sinceNanos);
    } else {
      report.latency(now - sinceNanos);
    }
  }

  /** Counts the age of a request that has no answer. */
  void unanswered(long sinceNanos) {
    long now = System.nanoTime();
    if (counts(sinceNanos, now)) {
      report.latency(now - sinceNanos);
    }
  }

  /** Counts an error of a request. */
  void failed(long sinceNanos, String what) {
    if (counts(sinceNanos, System.nanoTime())) {
      report.error(what);
    }
  }

  /** Counts an error of a request that was still under way when the load was given up. */
  void unfinished(String what) {
    report.error(what);
  }

  /** The fields of the report. */
  Map<String, @Nullable Object> fields() {
    Map<String, @Nullable Object> fields = report.fields();
    fields.put(
        "offeredPerSecond",
        scheduled ? Math.round(offered / options.seconds() * 10) / 10.0 : report.rate());
    fields.put("p999Millis", report.millis(99.9));
    fields.put("maxMillis", report.millis(100));
    fields.put("dropped", dropped);
    return fields;
  }

  /**
   * Whether a request belongs to the measurement: with a rate by the time when it was due, without
   * one when it was under way at any time of it.
   */
  private boolean counts(long sinceNanos, long now) {
    return scheduled ? sinceNanos >= startNanos : now >= startNanos;
  }
}
