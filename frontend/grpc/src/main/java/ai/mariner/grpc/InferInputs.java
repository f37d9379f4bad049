package ai.mariner.grpc;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.Body;
import ai.mariner.core.message.Headers;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.InputPart;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.message.Signature;
import ai.mariner.oip.InferMessage;
import ai.mariner.oip.InferTerms;
import ai.mariner.oip.OipForm;
import ai.mariner.oip.SignatureCheck;
import ai.mariner.proto.openinference.ModelInferRequest;
import io.grpc.Metadata;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads what a request of the Open Inference Protocol asks for. */
final class InferInputs {
  private final GrpcContext context;
  private final Metadata metadata;

  /**
   * Makes a reader of one call's requests.
   *
   * @param metadata of the call
   */
  InferInputs(GrpcContext context, Metadata metadata) {
    this.context = context;
    this.metadata = metadata;
  }

  /**
   * The request for the core.
   *
   * @param id the server's own number of it
   * @param label the client's name of it
   * @param timeoutNanos time until the call's deadline; absent: it has none
   * @param streaming whether pieces are read as they come
   * @throws ServeException BAD_REQUEST or REQUEST_TOO_LARGE
   */
  InferenceRequest request(
      ModelInferRequest message,
      long id,
      @Nullable String label,
      @Nullable Long timeoutNanos,
      boolean streaming) {
    InferMessage infer = OipProto.read(message);
    ModelRef model = PredictionInputs.model(message.getModelName(), message.getModelVersion());
    Signature signature = context.tensors().enforced(model);
    if (signature != null) {
      SignatureCheck.check(signature, infer);
    }
    InferTerms terms = InferTerms.of(infer);
    Headers headers = new CallHeaders(metadata, context.config().sequenceNames());
    if (streaming) {
      headers = headers.with("url_path", "infer_stream");
    }
    InputPart input = new InputPart("body", OipForm.MEDIA_TYPE, body(infer));
    return InferenceRequest.builder(id, model, List.of(input))
        .label(label)
        .headers(terms.headers(headers))
        .timeoutNanos(terms.timeoutWithin(timeoutNanos))
        .streaming(streaming)
        .sequence(terms.sequence())
        .batchKey(signature == null ? null : SignatureCheck.batchKey(signature, infer))
        .build();
  }

  private Body body(InferMessage infer) {
    Body body = OipForm.write(infer, Body.empty());
    int limit = context.config().limits().maxRequestBytes();
    if (body.size() > limit) {
      throw new ServeException(
          ErrorKind.REQUEST_TOO_LARGE,
          "inputs: "
              + body.size()
              + " bytes (expected: at most max_request_size, "
              + limit
              + " bytes)");
    }
    return body;
  }
}
