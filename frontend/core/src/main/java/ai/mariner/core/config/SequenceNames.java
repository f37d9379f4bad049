package ai.mariner.core.config;

import java.util.Map;

/**
 * How requests to stateful models name what they say of their sequence: in headers, in gRPC's
 * inputs, and to handlers.
 *
 * @param id with the sequence's id
 * @param start {@code true} in the first request of a sequence
 * @param end {@code true} in the last one; a handler ends sequences by the same name
 */
public record SequenceNames(String id, String start, String end) {
  /** TorchServe's. */
  public static final SequenceNames DEFAULT =
      new SequenceNames(
          "ts_request_sequence_id", "ts_request_sequence_start", "ts_request_sequence_end");

  /** As variables by which worker processes know them. */
  public Map<String, String> variables() {
    return Map.of(
        "TS_HEADER_KEY_SEQUENCE_ID", id,
        "TS_HEADER_KEY_SEQUENCE_START", start,
        "TS_HEADER_KEY_SEQUENCE_END", end);
  }

  /** Whether this is one of the three, in any case. */
  public boolean has(String name) {
    return name.equalsIgnoreCase(id) || name.equalsIgnoreCase(start) || name.equalsIgnoreCase(end);
  }
}
