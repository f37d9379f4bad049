package ai.mariner.core.graph;

import ai.mariner.core.message.ModelRef;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A step of a graph.
 *
 * @param name name within the graph
 * @param program which model runs it
 * @param inputs nodes whose answers it is given; none: it is given the client's request
 * @param retries how often it is tried again after a failure that another try may mend, 0 or more
 * @param timeout how long one try may take, queue and run; absent: as long as the request's own
 *     deadline lets it
 */
public record GraphNode(
    String name, ModelRef program, List<String> inputs, int retries, @Nullable Duration timeout) {
  /** Checks what concerns a node alone. */
  public GraphNode {
    inputs = List.copyOf(inputs);
    if (retries < 0) {
      throw new IllegalArgumentException("retries: " + retries + " (expected: >= 0)");
    }
    if (timeout != null && (timeout.isNegative() || timeout.isZero())) {
      throw new IllegalArgumentException("timeout: " + timeout + " (expected: more than 0)");
    }
  }
}
