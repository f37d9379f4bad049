package ai.mariner.core.application;

import java.util.List;

/**
 * A step of a route.
 *
 * @param name name within the route
 * @param stage which stage works
 * @param inputs nodes whose answers it is given; none: it is given the request
 */
public record NodeSpec(String name, String stage, List<String> inputs) {
  /** Copies the inputs. */
  public NodeSpec {
    inputs = List.copyOf(inputs);
  }
}
