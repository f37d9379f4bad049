package ai.mariner.grpc;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.Body;
import ai.mariner.core.message.Reply;
import ai.mariner.oip.InferMessage;
import ai.mariner.oip.InferMessage.Side;
import ai.mariner.oip.OipForm;
import ai.mariner.oip.OipText;
import ai.mariner.proto.openinference.ModelInferRequest;
import ai.mariner.proto.openinference.ModelInferResponse;
import com.google.protobuf.MessageLite;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How the answer to one request is written: in tensors, whether the model answered with them or
 * with the protocol's JSON.
 *
 * @param model name of the model
 * @param version version that the request named; absent: the default
 * @param id the request's id; absent: none
 * @param raw whether the request had its elements as bytes
 */
record InferAnswer(String model, @Nullable String version, @Nullable String id, boolean raw) {
  private static final int MAX_SHOWN = 1000;

  static InferAnswer to(ModelInferRequest request) {
    return new InferAnswer(
        request.getModelName(),
        request.getModelVersion().isEmpty() ? null : request.getModelVersion(),
        request.getId().isEmpty() ? null : request.getId(),
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
      refused(reply);
      byte[] bytes = frame.apply(OipProto.write(completed(message(reply)), raw)).toByteArray();
      return new Reply(reply.status(), reply.reason(), null, reply.headers(), Body.of(bytes));
    } catch (ServeException notPossible) {
      throw asOutput(notPossible);
    } finally {
      reply.body().release();
    }
  }

  /** A status that a handler chose over REST is that of the call here. */
  private static void refused(Reply reply) {
    Integer status = reply.status();
    if (status != null && status >= 400) {
      String text = StandardCharsets.UTF_8.decode(reply.body().bytes()).toString();
      String shown = text.length() <= MAX_SHOWN ? text : text.substring(0, MAX_SHOWN) + "...";
      throw new Failure(ErrorKind.HANDLER_STATUS, shown, status, null).toException();
    }
  }

  private InferMessage message(Reply reply) {
    ByteBuffer bytes = reply.body().bytes();
    String type = reply.contentType();
    return type != null && OipForm.isType(type)
        ? OipForm.read(Side.ANSWER, bytes)
        : OipText.read(Side.ANSWER, bytes);
  }

  private ServeException asOutput(ServeException fault) {
    if (fault.failure().kind() != ErrorKind.BAD_REQUEST) {
      return fault;
    }
    String text =
        "The answer of model "
            + model
            + " has no tensors: "
            + fault.failure().message()
            + " (expected: outputs of the Open Inference Protocol)";
    return new ServeException(Failure.of(ErrorKind.OUTPUT_INVALID, text), fault);
  }

  /** What the handler did not say is as the request said. */
  private InferMessage completed(InferMessage answer) {
    String name = answer.modelName();
    String version = answer.modelVersion();
    return new InferMessage(
        Side.ANSWER,
        id != null ? id : answer.id(),
        name != null ? name : model,
        version != null ? version : this.version,
        answer.parameters(),
        answer.tensors(),
        answer.requested());
  }
}
