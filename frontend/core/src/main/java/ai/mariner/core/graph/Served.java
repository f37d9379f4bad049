package ai.mariner.core.graph;

import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.ResponseSink;

/** Whoever answers requests: one program, or a graph of them. Called from any thread. */
@FunctionalInterface
public interface Served {
  /**
   * Takes a request; its outcome arrives through the sink, whatever happens.
   *
   * @param request its bodies belong to the callee from now on
   * @param sink who wants the answer
   */
  void submit(InferenceRequest request, ResponseSink sink);
}
