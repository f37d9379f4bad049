package ai.mariner.oip;

import java.util.HashMap;
import java.util.Map;

/**
 * How a client wants the outputs of its request over REST; kept until they are there.
 *
 * @param binary whether outputs come as bytes behind the JSON unless they are named otherwise
 * @param named outputs that are named otherwise
 */
public record OutputWishes(boolean binary, Map<String, Boolean> named) {
  /** Everything as JSON. */
  public static final OutputWishes TEXT = new OutputWishes(false, Map.of());

  /**
   * What a request wants.
   *
   * @throws ai.mariner.core.error.ServeException BAD_REQUEST for a wish that is no truth value
   */
  public static OutputWishes of(InferMessage request) {
    boolean binary =
        flag(
            request.parameters(),
            InferMessage.BINARY_DATA_OUTPUT,
            false,
            "parameters." + InferMessage.BINARY_DATA_OUTPUT);
    Map<String, Boolean> named = new HashMap<>();
    for (RequestedOutput output : request.requested()) {
      String where =
          "output \"" + Refusal.shown(output.name()) + "\": " + RequestedOutput.BINARY_DATA;
      boolean wanted = flag(output.parameters(), RequestedOutput.BINARY_DATA, binary, where);
      if (wanted != binary) {
        named.put(output.name(), wanted);
      }
    }
    return new OutputWishes(binary, named);
  }

  /** Whether everything comes as JSON. */
  public boolean isText() {
    return !binary && named.isEmpty();
  }

  /** Whether an output comes as bytes behind the JSON. */
  boolean isBinary(String output) {
    return named.getOrDefault(output, binary);
  }

  private static boolean flag(
      Map<String, Object> parameters, String name, boolean otherwise, String where) {
    Object value = parameters.get(name);
    if (value == null) {
      return otherwise;
    }
    if (value instanceof Boolean flag) {
      return flag;
    }
    throw Refusal.of(where + ": " + Refusal.shown(value) + " (expected: true or false)");
  }
}
