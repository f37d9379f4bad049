package ai.mariner.core.application;

import java.util.List;

/**
 * A step of a route.
 *
 * @param name name within the route
 * @param stage which stage works
 * @param inputs nodes whose answers it is given; none: it is given the request
 * @param retries how often it is tried again after a failure that another try may mend, 0 or more
 */
public record NodeSpec(String name, String stage, List<String> inputs, int retries) {
  /** Copies the inputs. */
  public NodeSpec {
    inputs = List.copyOf(inputs);
  }
}
