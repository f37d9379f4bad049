package ai.mariner.core.graph;

import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.Reply;
import java.util.Map;

/** Makes one answer of those of a graph that ends in several nodes. */
@FunctionalInterface
public interface Gathering {
  /**
   * Puts answers together.
   *
   * @param answers by the names of their nodes, which stay their owner's
   * @return an answer of its own
   * @throws ServeException OUTPUT_INVALID that names the node whose answer can't be put with others
   */
  Reply gather(Map<String, Reply> answers);
}
