package ai.mariner.core.application;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An address of an application and the way that leads from there. Only nodes concern the core; the
 * rest is for the API that opens the route.
 *
 * @param method what a client does at the address
 * @param path the address
 * @param nodes steps, with one exit
 * @param body what reaches the first nodes
 * @param events whether answers are events, which the exit frames itself
 * @param compression whether answers are packed with a coding that the client takes
 * @param timeout deadline of the whole way; absent: none
 * @param emptyBody the answer to a request without a body; absent: it goes its way
 */
public record RouteSpec(
    String method,
    String path,
    List<NodeSpec> nodes,
    BodyForm body,
    boolean events,
    boolean compression,
    @Nullable Duration timeout,
    @Nullable FixedAnswer emptyBody) {
  /** Copies the nodes. */
  public RouteSpec {
    nodes = List.copyOf(nodes);
  }

  /** What of a request's body reaches the first nodes. */
  public enum BodyForm {
    /**
     * All bytes, in one input; the answer is as its handler made it, whatever the client accepts.
     */
    RAW,
    /** Forms, parts and parameters become inputs. */
    INPUTS
  }
}
