package ai.mariner.rest;

import ai.mariner.core.inference.InferenceService;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.RequestLabel;
import ai.mariner.core.message.ResponseSink;
import java.util.function.LongSupplier;

/**
 * What the adapter asks of the inference service.
 *
 * @param nextRequestId {@code InferenceService::nextRequestId}
 * @param labels labels of requests whose client chose none
 * @param submitter {@code InferenceService::submit}
 */
public record InferenceCalls(LongSupplier nextRequestId, RequestLabel labels, Submitter submitter) {
  /** The calls of the service. */
  public static InferenceCalls of(InferenceService service) {
    return new InferenceCalls(service::nextRequestId, service.labels(), service::submit);
  }

  /** Takes requests; never throws and owns their bodies from the call on. */
  @FunctionalInterface
  public interface Submitter {
    /** Starts a request; its outcome, good or bad, arrives at the sink. */
    void submit(InferenceRequest request, ResponseSink sink);
  }
}
