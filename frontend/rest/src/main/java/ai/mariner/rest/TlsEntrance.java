package ai.mariner.rest;

import ai.mariner.net.ServerTls;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The first handler of a listener with TLS: makes room for TLS when a client speaks it, and tells
 * one that speaks plain HTTP what is spoken here.
 */
@SuppressWarnings("FutureReturnValueIgnored") // Outcomes arrive as events of the channel.
final class TlsEntrance extends ByteToMessageDecoder {
  /** By then it is told whether a record of TLS begins. */
  private static final int LEAST_BYTES = 5;

  private static final String REFUSAL =
      """
      {
        "code": 400,
        "type": "BadRequestException",
        "message": "Plain HTTP on a port of TLS (expected: an https:// address)"
      }
      """;
  private static final byte[] ANSWER =
      ("HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-type: application/json\r\n"
              + "content-length: "
              + REFUSAL.length()
              + "\r\n\r\n"
              + REFUSAL)
          .getBytes(StandardCharsets.US_ASCII);

  private final ServerTls tls;
  private final Duration patience;
  private @Nullable Future<?> limit;
  private boolean refused;

  /**
   * An entrance for one connection.
   *
   * @param tls what is spoken here
   * @param patience how long a client may say nothing, and how long its handshake may take
   */
  TlsEntrance(ServerTls tls, Duration patience) {
    this.tls = tls;
    this.patience = patience;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    limit = ctx.executor().schedule(() -> ctx.close(), patience.toMillis(), TimeUnit.MILLISECONDS);
  }

  @Override
  protected void handlerRemoved0(ChannelHandlerContext ctx) {
    Future<?> pending = limit;
    if (pending != null) {
      pending.cancel(false);
    }
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
    if (refused) {
      in.skipBytes(in.readableBytes());
    } else if (in.readableBytes() >= LEAST_BYTES) {
      if (SslHandler.isEncrypted(in, false)) {
        ctx.pipeline().replace(this, null, tls.newHandler(ctx.alloc(), patience));
      } else {
        in.skipBytes(in.readableBytes());
        refuse(ctx);
      }
    }
  }

  /** Closing at once, with input unread, would lose the answer. */
  private void refuse(ChannelHandlerContext ctx) {
    refused = true;
    ctx.writeAndFlush(Unpooled.wrappedBuffer(ANSWER))
        .addListener(
            sent -> {
              if (ctx.channel() instanceof DuplexChannel duplex && sent.isSuccess()) {
                duplex.shutdownOutput();
                ctx.executor()
                    .schedule(() -> ctx.close(), Patience.PAUSE_NANOS, TimeUnit.NANOSECONDS);
              } else {
                ctx.close();
              }
            });
  }
}
