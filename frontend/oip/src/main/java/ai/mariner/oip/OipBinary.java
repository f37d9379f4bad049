package ai.mariner.oip;

import ai.mariner.oip.InferMessage.Side;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The protocol's binary extension over REST: JSON first, the data of some or all tensors behind it.
 */
public final class OipBinary {
  /** The header that tells how many bytes of the body are JSON. */
  public static final String HEADER = "Inference-Header-Content-Length";

  private OipBinary() {}

  /**
   * A written message.
   *
   * @param headLength bytes of its JSON; less than all of them if data follow
   * @param pieces its bytes, one piece behind the other
   */
  public record Written(int headLength, List<ByteBuffer> pieces) {}

  /**
   * Reads a message. What is behind the JSON is not copied.
   *
   * @param side whether it is a request or an answer
   * @param body all of it
   * @param headLength what {@link #HEADER} says
   * @throws ai.mariner.core.error.ServeException BAD_REQUEST that names tensor, value and what was
   *     expected
   */
  public static InferMessage read(Side side, ByteBuffer body, String headLength) {
    int length = headLength(headLength, body.remaining());
    ByteBuffer head = body.slice(body.position(), length);
    ByteBuffer tail = body.slice(body.position() + length, body.remaining() - length);
    return new HeadReader(HeadReader.Source.of(head, tail), side).read();
  }

  /** Writes a message with the data that are wanted so behind the JSON; they are not copied. */
  public static Written write(InferMessage message, OutputWishes wishes) {
    GrowingBytes out = new GrowingBytes(1024);
    new HeadWriter(tensor -> wishes.isBinary(tensor.name()), false).write(message, out);
    List<ByteBuffer> pieces = new ArrayList<>();
    pieces.add(out.view());
    for (Tensor tensor : message.tensors()) {
      if (wishes.isBinary(tensor.name())) {
        pieces.add(tensor.data());
      }
    }
    return new Written(out.size(), pieces);
  }

  /**
   * How many bytes of a body are JSON.
   *
   * @param text what {@link #HEADER} says; absent: all of them are
   * @param bodyLength bytes of the body
   * @throws ai.mariner.core.error.ServeException BAD_REQUEST: it is no number, or more than there
   *     are
   */
  public static int headLength(@Nullable String text, int bodyLength) {
    if (text == null) {
      return bodyLength;
    }
    String given = text.trim();
    boolean number = !given.isEmpty() && given.chars().allMatch(c -> c >= '0' && c <= '9');
    if (!number || given.length() > 10 || Long.parseLong(given) > bodyLength) {
      throw Refusal.of(
          HEADER
              + ": "
              + Refusal.shown(given)
              + " (expected: a number of bytes, at most the "
              + bodyLength
              + " of the body)");
    }
    return Integer.parseInt(given);
  }
}
