package ai.mariner.oip;

import java.util.Map;

/**
 * An output that a request names.
 *
 * @param name the output's name
 * @param parameters what else is said of it
 */
public record RequestedOutput(String name, Map<String, Object> parameters) {
  /** Says whether the output shall come as bytes behind the JSON. */
  public static final String BINARY_DATA = "binary_data";
}
