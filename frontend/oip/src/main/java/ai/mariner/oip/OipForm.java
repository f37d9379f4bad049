package ai.mariner.oip;

import ai.mariner.core.message.Body;
import ai.mariner.oip.InferMessage.Side;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * The one form in which messages go to workers and come back; {@code proto/oip/README.md} defines
 * it.
 */
public final class OipForm {
  /** The media type of bodies in this form. */
  public static final String MEDIA_TYPE = "application/vnd.oip+binary";

  private static final int PREFIX = Integer.BYTES;
  private static final int ALIGNMENT = Long.BYTES;

  private OipForm() {}

  /** Whether a media type is that of this form. */
  public static boolean isType(String mediaType) {
    return mediaType.equals(MEDIA_TYPE);
  }

  /**
   * Reads a message. Its tensors lie in the body and are valid no longer than that.
   *
   * @param side whether it is a request or an answer
   * @throws ai.mariner.core.error.ServeException BAD_REQUEST that names tensor, value and what was
   *     expected
   */
  public static InferMessage read(Side side, ByteBuffer body) {
    ByteBuffer bytes = body.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    int left = bytes.remaining() - PREFIX;
    if (left < 0) {
      throw Refusal.of("body: " + bytes.remaining() + " bytes (expected: at least " + PREFIX + ")");
    }
    long length = Integer.toUnsignedLong(bytes.getInt());
    if (length > left) {
      throw Refusal.of("body: a head of " + length + " bytes (expected: at most " + left + ")");
    }
    ByteBuffer head = bytes.slice(bytes.position(), (int) length);
    ByteBuffer tail = bytes.slice(bytes.position() + (int) length, left - (int) length);
    return new HeadReader(HeadReader.Source.of(head, tail), side).read();
  }

  /**
   * Writes a message; the data of its tensors are not copied.
   *
   * @param owner what the data lie in; released with the result
   */
  public static Body write(InferMessage message, Body owner) {
    GrowingBytes out = new GrowingBytes(1024);
    out.writeLength(0);
    new HeadWriter(tensor -> true, false).write(message, out);
    while (out.size() % ALIGNMENT != 0) {
      out.write(' ');
    }
    out.setLength(0, out.size() - PREFIX);
    List<ByteBuffer> pieces = new ArrayList<>(1 + message.tensors().size());
    pieces.add(out.view());
    for (Tensor tensor : message.tensors()) {
      if (tensor.byteSize() > 0) {
        pieces.add(tensor.data());
      }
    }
    return Body.joined(pieces, owner);
  }
}
