package ai.mariner.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.LinkedHashMap;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** Latencies and errors of one measurement. Belongs to one thread. */
final class Report {
  private static final long HIGHEST_NANOS = 3_600_000_000_000L;
  private static final int DIGITS = 3;

  private final Histogram latencies = new Histogram(HIGHEST_NANOS, DIGITS);
  private final double seconds;
  private long answered;
  private long errors;
  private @Nullable String firstError;

  /** Makes an empty one for a measurement of so many seconds. */
  Report(double seconds) {
    this.seconds = seconds;
  }

  /** Counts an answer and its latency. */
  void answer(long nanos) {
    answered++;
    latency(nanos);
  }

  /** Counts a latency of what was not answered: at least so long. */
  void latency(long nanos) {
    latencies.recordValue(Math.min(Math.max(nanos, 0), HIGHEST_NANOS));
  }

  /** Counts an error; the first is kept. */
  void error(String what) {
    errors++;
    if (firstError == null) {
      firstError = what;
    }
  }

  /** Answers that were counted. */
  long answered() {
    return answered;
  }

  /** Errors that were counted. */
  long errors() {
    return errors;
  }

  /** The first error, or null. */
  @Nullable String firstError() {
    return firstError;
  }

  /** A percentile in milliseconds; 100 is the maximum; zero when there was nothing. */
  double millis(double percentile) {
    return Math.round(latencies.getValueAtPercentile(percentile) / 1000.0) / 1000.0;
  }

  /** Answers per second. */
  double rate() {
    return Math.round(answered / seconds * 10) / 10.0;
  }

  /** The fields that every report has, in their order. */
  Map<String, @Nullable Object> fields() {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("requestsPerSecond", rate());
    fields.put("p50Millis", millis(50));
    fields.put("p90Millis", millis(90));
    fields.put("p99Millis", millis(99));
    fields.put("errors", errors);
    fields.put("firstError", firstError);
    return fields;
  }

  /** One line of JSON. */
  static String line(Map<String, @Nullable Object> fields) {
    try {
      return new ObjectMapper().writeValueAsString(fields);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
