package ai.mariner.rest;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.util.CharsetUtil;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the first bytes of a connection, then leaves: a client that knows that HTTP/2 is spoken
 * here begins with a line that no request of HTTP/1 has.
 */
final class Preface extends ChannelInboundHandlerAdapter {
  private static final ByteBuf FIRST =
      Unpooled.unreleasableBuffer(Unpooled.copiedBuffer("PRI ", CharsetUtil.US_ASCII)).asReadOnly();

  private final Listener listener;
  private final int maxHeaderBytes;
  private @Nullable ByteBuf begun;

  /**
   * Looks at one connection.
   *
   * @param listener whose connection it is
   * @param maxHeaderBytes size of all headers of a request
   */
  Preface(Listener listener, int maxHeaderBytes) {
    this.listener = listener;
    this.maxHeaderBytes = maxHeaderBytes;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (!(message instanceof ByteBuf read)) {
      ctx.fireChannelRead(message);
      return;
    }
    ByteBuf before = begun;
    begun = null;
    ByteBuf all = before == null ? read : Unpooled.wrappedBuffer(before, read);
    int known = Math.min(all.readableBytes(), FIRST.readableBytes());
    boolean same = ByteBufUtil.equals(all, all.readerIndex(), FIRST, 0, known);
    if (same && known < FIRST.readableBytes()) {
      begun = all;
      return;
    }
    ChannelPipeline pipeline = ctx.pipeline();
    if (same) {
      pipeline.remove(RequestDecoder.class);
      pipeline.remove(HttpConnection.class);
      StreamedConnection.install(pipeline, listener, maxHeaderBytes);
    }
    pipeline.remove(this);
    ctx.fireChannelRead(all);
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    ByteBuf unread = begun;
    if (unread != null) {
      begun = null;
      unread.release();
    }
  }
}
