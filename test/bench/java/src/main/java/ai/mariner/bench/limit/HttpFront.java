package ai.mariner.bench.limit;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** One HTTP connection: every request's body goes to the link, every answer comes back as 200. */
final class HttpFront extends ChannelInboundHandlerAdapter {
  private static final byte[] HEAD =
      "HTTP/1.1 200 OK\r\ncontent-length: ".getBytes(StandardCharsets.US_ASCII);
  private static final int HEAD_BYTES = 64;

  private final PythonLink link;
  private final EventLoop linkLoop;
  private @Nullable ByteBuf body;

  /**
   * Makes the end of a pipeline behind Netty's request decoder.
   *
   * @param link takes the requests
   * @param linkLoop the loop that the link belongs to
   */
  HttpFront(PythonLink link, EventLoop linkLoop) {
    this.link = link;
    this.linkLoop = linkLoop;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object msg) {
    if (!(msg instanceof HttpContent content)) {
      ReferenceCountUtil.release(msg);
      return;
    }
    collect(ctx, content.content());
    if (msg instanceof LastHttpContent) {
      ByteBuf whole = body == null ? Unpooled.EMPTY_BUFFER : body;
      body = null;
      Exchange exchange = new Answer(ctx, whole);
      if (linkLoop.inEventLoop()) {
        link.submit(exchange);
      } else {
        linkLoop.execute(() -> link.submit(exchange));
      }
    }
  }

  /** Takes over a piece of the request's body. */
  private void collect(ChannelHandlerContext ctx, ByteBuf piece) {
    if (!piece.isReadable()) {
      piece.release();
    } else if (body == null) {
      body = piece;
    } else if (body instanceof CompositeByteBuf pieces) {
      pieces.addComponent(true, piece);
    } else {
      body =
          ctx.alloc()
              .compositeBuffer(Integer.MAX_VALUE)
              .addComponent(true, body)
              .addComponent(true, piece);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    if (body != null) {
      body.release();
      body = null;
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    ctx.close();
  }

  /** Writes an answer while it arrives. */
  private static final class Answer implements Exchange {
    private final ChannelHandlerContext ctx;
    private final ByteBuf body;
    private @Nullable ByteBuf begun;
    private int missing;

    Answer(ChannelHandlerContext ctx, ByteBuf body) {
      this.ctx = ctx;
      this.body = body;
    }

    @Override
    public ByteBuf body() {
      return body;
    }

    @Override
    public void begin(int length) {
      missing = length;
      int room = HEAD_BYTES + (length <= PythonLink.COPY_BYTES ? length : 0);
      ByteBuf out = ctx.alloc().directBuffer(room);
      out.writeBytes(HEAD);
      ByteBufUtil.writeAscii(out, Integer.toString(length));
      out.writeInt(0x0d0a0d0a);
      begun = out;
    }

    @Override
    public void piece(ByteBuf bytes) {
      missing -= bytes.readableBytes();
      ByteBuf out = begun;
      if (out != null && bytes.readableBytes() <= out.writableBytes()) {
        out.writeBytes(bytes);
        bytes.release();
        return;
      }
      if (out != null) {
        begun = null;
        ctx.write(out, ctx.voidPromise());
      }
      ctx.write(bytes, ctx.voidPromise());
    }

    @Override
    public void lost() {
      if (begun != null) {
        begun.release();
        begun = null;
      }
      ctx.close();
    }

    @Override
    public void flush() {
      ByteBuf out = begun;
      if (out == null) {
        ctx.flush();
      } else if (missing == 0) {
        begun = null;
        ctx.writeAndFlush(out, ctx.voidPromise());
      }
    }
  }
}
