package ai.mariner.net;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import java.time.Duration;
import java.util.concurrent.Executor;

/**
 * The TLS of a listener.
 *
 * @param context makes engines; always of the files as they are
 * @param handshakes runs what is too slow for event loops
 */
public record ServerTls(SslContext context, Executor handshakes) {
  /**
   * A handler for one connection.
   *
   * @param alloc buffers of the connection
   * @param limit how long the handshake may take
   */
  public SslHandler newHandler(ByteBufAllocator alloc, Duration limit) {
    SslHandler handler = context.newHandler(alloc, handshakes);
    handler.setHandshakeTimeoutMillis(Math.max(1, limit.toMillis()));
    return handler;
  }
}
