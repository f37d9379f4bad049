package ai.mariner.oip;

import ai.mariner.core.message.Datatype;
import ai.mariner.oip.InferMessage.Side;
import java.nio.ByteBuffer;

/** The protocol's JSON, with all data in it. */
public final class OipText {
  private OipText() {}

  /**
   * Reads a message. Numbers go straight into the bytes of their tensor.
   *
   * @param side whether it is a request or an answer
   * @param text all of it, in UTF-8; read in place if it lies in an array
   * @throws ai.mariner.core.error.ServeException BAD_REQUEST that names tensor, value and what was
   *     expected
   */
  public static InferMessage read(Side side, ByteBuffer text) {
    return new HeadReader(HeadReader.Source.of(text, ByteBuffer.allocate(0)), side).read();
  }

  /** Writes a message; its tensors are flat. */
  public static ByteBuffer write(InferMessage message) {
    return written(message, false);
  }

  /**
   * Writes a message as TorchServe hands it to handlers: elements of {@link Datatype#BYTES} are in
   * base64.
   */
  public static ByteBuffer writeForHandler(InferMessage message) {
    return written(message, true);
  }

  private static ByteBuffer written(InferMessage message, boolean base64) {
    GrowingBytes out = new GrowingBytes(estimate(message));
    new HeadWriter(tensor -> false, base64).write(message, out);
    return out.view();
  }

  private static int estimate(InferMessage message) {
    long bytes = 256;
    for (Tensor tensor : message.tensors()) {
      bytes += 128 + 3L * tensor.byteSize();
    }
    return (int) Math.min(bytes, 1 << 24);
  }
}
