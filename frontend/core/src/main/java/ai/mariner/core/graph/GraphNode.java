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
 * @param route number of this step among the routes of its program, from 1; 0: none
 */
public record GraphNode(
    String name,
    ModelRef program,
    List<String> inputs,
    int retries,
    @Nullable Duration timeout,
    int route) {
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

  /** A step that is on no route. */
  public GraphNode(
      String name, ModelRef program, List<String> inputs, int retries, @Nullable Duration timeout) {
    this(name, program, inputs, retries, timeout, 0);
  }
}
