package ai.mariner.grpc;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.Body;
import ai.mariner.core.message.Reply;
import ai.mariner.oip.AskedModel;
import ai.mariner.proto.openinference.ModelInferRequest;
import ai.mariner.proto.openinference.ModelInferResponse;
import com.google.protobuf.MessageLite;
import java.util.function.Function;

/**
 * How the answer to one request is written: in tensors, whether the model answered with them or
 * with the protocol's JSON.
 *
 * @param asked whom the request asked
 * @param raw whether the request had its elements as bytes
 */
record InferAnswer(AskedModel asked, boolean raw) {
  static InferAnswer to(ModelInferRequest request) {
    return new InferAnswer(
        new AskedModel(
            request.getModelName(),
            request.getModelVersion().isEmpty() ? null : request.getModelVersion(),
            request.getId().isEmpty() ? null : request.getId()),
        OipProto.isRaw(request));
  }

  /**
   * The answer as the bytes of its message.
   *
   * @param reply its body is released
   * @param frame the message around it
   * @throws ServeException OUTPUT_INVALID if it has no tensors
   */
  Reply written(Reply reply, Function<ModelInferResponse, MessageLite> frame) {
    try {
      byte[] bytes = frame.apply(OipProto.write(asked.read(reply), raw)).toByteArray();
      return new Reply(reply.status(), reply.reason(), null, reply.headers(), Body.of(bytes));
    } catch (ServeException notPossible) {
      throw asOutput(notPossible);
    } finally {
      reply.body().release();
    }
  }

  /** What can't be written is the model's fault, not the client's. */
  private static ServeException asOutput(ServeException fault) {
    Failure failure = fault.failure();
    return failure.kind() == ErrorKind.BAD_REQUEST
        ? new ServeException(Failure.of(ErrorKind.OUTPUT_INVALID, failure.message()), fault)
        : fault;
  }
}
