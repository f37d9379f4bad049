package ai.mariner.core.inference;

import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.RequestLabel;
import ai.mariner.core.message.ResponseSink;

/** What the APIs ask for predictions. Called from any thread; no call blocks. */
public interface InferenceCalls {
  /** A number for the next request. */
  long nextRequestId();

  /** Makes the labels of requests whose client chose none. */
  RequestLabel labels();

  /**
   * Runs a request. Never throws; every outcome arrives through the sink, exactly once.
   *
   * @param request its bodies belong to the callee from now on
   * @param sink who wants the answer
   */
  void submit(InferenceRequest request, ResponseSink sink);
}
