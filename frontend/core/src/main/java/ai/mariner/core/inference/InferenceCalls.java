package ai.mariner.core.inference;

import ai.mariner.core.error.Failure;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.message.RequestLabel;
import ai.mariner.core.message.ResponseSink;
import org.jspecify.annotations.Nullable;

/** What the APIs ask for predictions. Called from any thread; no call blocks. */
public interface InferenceCalls {
  /** A number for the next request. */
  long nextRequestId();

  /** Makes the labels of requests whose client chose none. */
  RequestLabel labels();

  /**
   * Why a request to a model would be refused, whatever it brings: a server that stops, no such
   * model. Asked before its body is read.
   *
   * @return the reason, or {@code null} when the request may come
   */
  @Nullable Failure absence(ModelRef model);

  /**
   * Runs a request. Never throws; every outcome arrives through the sink, exactly once.
   *
   * @param request its bodies belong to the callee from now on
   * @param sink who wants the answer
   */
  void submit(InferenceRequest request, ResponseSink sink);
}
