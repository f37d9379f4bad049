package ai.mariner.view;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;

/**
 * What the body of a call of the repository says; an empty one says nothing.
 *
 * @param ready whether only models that serve are asked for
 * @param loadParameters names of the parameters for loading or unloading
 */
public record RepositoryOrder(boolean ready, List<String> loadParameters) {
  /**
   * Reads a body.
   *
   * @throws ServeException BAD_REQUEST that says what is wrong with it
   */
  public static RepositoryOrder read(byte[] body) {
    if (body.length == 0) {
      return new RepositoryOrder(false, List.of());
    }
    JsonNode node = JsonText.objectOrNull(body);
    if (node == null) {
      throw refused("body: not a JSON object (expected: {}, or nothing)");
    }
    for (Map.Entry<String, JsonNode> each : node.properties()) {
      if (!each.getKey().equals("ready") && !each.getKey().equals("parameters")) {
        throw refused("body: an unknown key (expected: ready, parameters)");
      }
    }
    JsonNode ready = node.path("ready");
    JsonNode parameters = node.path("parameters");
    if (!ready.isMissingNode() && !ready.isNull() && !ready.isBoolean()) {
      throw refused("ready: no truth value (expected: true or false)");
    }
    if (!parameters.isMissingNode() && !parameters.isNull() && !parameters.isObject()) {
      throw refused("parameters: no object (expected: an object)");
    }
    List<String> names = parameters.properties().stream().map(Map.Entry::getKey).toList();
    return new RepositoryOrder(ready.asBoolean(false), names);
  }

  private static ServeException refused(String message) {
    return new ServeException(ErrorKind.BAD_REQUEST, message);
  }
}
