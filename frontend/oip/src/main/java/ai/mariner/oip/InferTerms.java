package ai.mariner.oip;

import ai.mariner.core.message.Headers;
import ai.mariner.core.message.Sequence;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * On what terms a request wants to be served, as its parameters say; Triton's names and meanings.
 *
 * @param priority lane; absent: not said
 * @param timeoutNanos time it gives; absent: not said
 * @param sequence place in a sequence; absent: none
 */
public record InferTerms(
    @Nullable String priority, @Nullable Long timeoutNanos, @Nullable Sequence sequence) {
  private static final List<String> UNSERVED = List.of("classification", "shared_memory_region");

  /**
   * Reads the parameters {@code priority}, {@code timeout} (microseconds), {@code sequence_id},
   * {@code sequence_start} and {@code sequence_end}.
   *
   * @throws ai.mariner.core.error.ServeException BAD_REQUEST that names parameter, value and what
   *     was expected
   */
  public static InferTerms of(InferMessage request) {
    request.requested().forEach(InferTerms::refuseUnserved);
    Map<String, Object> parameters = request.parameters();
    return new InferTerms(
        priority(parameters.get("priority")),
        timeout(parameters.get("timeout")),
        sequence(parameters));
  }

  /** What Triton's clients may ask of an output, and would miss. */
  private static void refuseUnserved(RequestedOutput output) {
    for (String name : UNSERVED) {
      Object value = output.parameters().get(name);
      if (value != null) {
        throw Refusal.of(
            "output \""
                + Refusal.shown(output.name())
                + "\": "
                + name
                + ": "
                + Refusal.shown(value)
                + " (expected: none; outputs come as they are, in the answer)");
      }
    }
  }

  /** The client's headers, in which the priority stands where the core looks for it. */
  public Headers headers(Headers own) {
    String lane = priority;
    if (lane == null) {
      return own;
    }
    return consumer -> {
      own.forEach(consumer);
      consumer.accept("x-priority", lane);
    };
  }

  /**
   * The time for queue and run.
   *
   * @param callNanos what the call itself gives; absent: no bound
   */
  public @Nullable Long timeoutWithin(@Nullable Long callNanos) {
    if (callNanos == null || timeoutNanos == null) {
      return callNanos == null ? timeoutNanos : callNanos;
    }
    return Math.min(timeoutNanos, callNanos);
  }

  /** Triton's numbers: 1 goes first, 0 is the default. */
  private static @Nullable String priority(@Nullable Object value) {
    if (value == null || value.equals(0L)) {
      return null;
    }
    if (value instanceof Long number && number > 0) {
      return number == 1 ? "high" : number == 2 ? "normal" : "low";
    }
    if (value instanceof String text && !text.isEmpty()) {
      return text;
    }
    throw malformed("priority", value, "high, normal, low, or a number from 0 on");
  }

  private static @Nullable Long timeout(@Nullable Object value) {
    if (value == null || value.equals(0L)) {
      return null;
    }
    if (!(value instanceof Long micros) || micros < 0) {
      throw malformed("timeout", value, "a number of microseconds");
    }
    return TimeUnit.MICROSECONDS.toNanos(micros);
  }

  private static @Nullable Sequence sequence(Map<String, Object> parameters) {
    Object id = parameters.get("sequence_id");
    boolean start = flag(parameters, "sequence_start");
    boolean end = flag(parameters, "sequence_end");
    // Triton: 0 or an empty text is no sequence.
    if (id == null || id.equals(0L) || id.equals("")) {
      return null;
    }
    if (!(id instanceof Long) && !(id instanceof String)) {
      throw malformed("sequence_id", id, "a number or a text");
    }
    return new Sequence(id.toString(), start, end);
  }

  private static boolean flag(Map<String, Object> parameters, String name) {
    Object value = parameters.get(name);
    if (value == null) {
      return false;
    }
    if (value instanceof Boolean flag) {
      return flag;
    }
    throw malformed(name, value, "true or false");
  }

  private static RuntimeException malformed(String name, Object value, String expected) {
    return Refusal.of(
        "parameter " + name + ": " + Refusal.shown(value) + " (expected: " + expected + ")");
  }
}
