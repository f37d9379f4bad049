package ai.mariner.oip;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.Reply;
import ai.mariner.oip.InferMessage.Side;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Whom a request asked, to complete the answer.
 *
 * @param model name of the model
 * @param version version that the request named; absent: the default
 * @param id the request's id; absent: none
 */
public record AskedModel(String model, @Nullable String version, @Nullable String id) {
  private static final int MAX_SHOWN = 1000;

  /**
   * The tensors of an answer, whether the model gave them or the protocol's JSON. They may lie in
   * the reply's body.
   *
   * @throws ServeException OUTPUT_INVALID if it has none, HANDLER_STATUS if the handler refused
   */
  public InferMessage read(Reply reply) {
    refused(reply);
    try {
      return completed(message(reply));
    } catch (ServeException fault) {
      if (fault.failure().kind() != ErrorKind.BAD_REQUEST) {
        throw fault;
      }
      String text =
          "The answer of model "
              + model
              + " has no tensors: "
              + fault.failure().message()
              + " (expected: outputs of the Open Inference Protocol)";
      throw new ServeException(Failure.of(ErrorKind.OUTPUT_INVALID, text), fault);
    }
  }

  private static void refused(Reply reply) {
    Integer status = reply.status();
    if (status != null && status >= 400) {
      String text = StandardCharsets.UTF_8.decode(reply.body().bytes()).toString();
      String shown = text.length() <= MAX_SHOWN ? text : text.substring(0, MAX_SHOWN) + "...";
      throw new Failure(ErrorKind.HANDLER_STATUS, shown, status, null).toException();
    }
  }

  private static InferMessage message(Reply reply) {
    ByteBuffer bytes = reply.body().bytes();
    return isForm(reply) ? OipForm.read(Side.ANSWER, bytes) : OipText.read(Side.ANSWER, bytes);
  }

  /** Whether an answer is in the form of workers. */
  public static boolean isForm(Reply reply) {
    String type = reply.contentType();
    return type != null && OipForm.isType(type);
  }

  /** What the handler did not say is as the request said. */
  private InferMessage completed(InferMessage answer) {
    String name = answer.modelName();
    String named = answer.modelVersion();
    return new InferMessage(
        Side.ANSWER,
        id != null ? id : answer.id(),
        name != null ? name : model,
        named != null ? named : version,
        answer.parameters(),
        answer.tensors(),
        answer.requested());
  }
}
