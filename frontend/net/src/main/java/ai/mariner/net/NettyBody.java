package ai.mariner.net;

import ai.mariner.core.message.Body;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;

/** Bytes in a reference-counted Netty buffer. */
public final class NettyBody implements Body {
  private final ByteBuf buffer;

  private NettyBody(ByteBuf buffer) {
    this.buffer = buffer;
  }

  /**
   * Takes over one reference to the buffer; {@link #release} gives it back.
   *
   * @param buffer its readable bytes are the body; its indices must not be moved afterwards
   */
  public static NettyBody owning(ByteBuf buffer) {
    return new NettyBody(buffer);
  }

  /** The buffer, still owned by this body; use a duplicate or slice to read it. */
  public ByteBuf buffer() {
    return buffer;
  }

  @Override
  public int size() {
    return buffer.readableBytes();
  }

  @Override
  public ByteBuffer bytes() {
    return buffer.nioBuffer().asReadOnlyBuffer();
  }

  @Override
  public void release() {
    buffer.release();
  }

  @Override
  public Body share() {
    // Not the same buffer: whoever writes it to a channel moves its indices.
    return new NettyBody(buffer.retainedDuplicate());
  }
}
