package ai.mariner.grpc;

import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.ResponseSink;

/** The way in for predictions, as this module needs it. */
@FunctionalInterface
public interface Submitter {
  /**
   * Takes over a request with its bodies; never throws. Every failure arrives through {@link
   * ResponseSink#fail}.
   */
  void submit(InferenceRequest request, ResponseSink sink);
}
