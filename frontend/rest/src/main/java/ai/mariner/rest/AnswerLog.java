package ai.mariner.rest;

import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpRequest;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Counts and writes down the answers of one connection, and gives back what they held. */
final class AnswerLog {
  private static final int CLIENT_LEFT = 499;

  private final RestContext context;
  private @Nullable String remote;

  AnswerLog(RestContext context) {
    this.context = context;
  }

  /** An answer is complete or was broken off. */
  void ended(Exchange exchange, Channel channel) {
    exchange.refund(context.budget());
    context.metrics().httpAnswered(exchange.status());
    exchange
        .dialect()
        .answered(exchange.status(), context.clock().getAsLong() - exchange.startNanos());
    write(exchange, exchange.status(), channel);
  }

  /** The client left before its answer. */
  void left(Exchange exchange, Channel channel) {
    exchange.refund(context.budget());
    write(exchange, CLIENT_LEFT, channel);
  }

  private void write(Exchange exchange, int status, Channel channel) {
    HttpRequest request = exchange.request();
    String text = request.method().name() + ' ' + request.uri() + ' ' + request.protocolVersion();
    long nanos = context.clock().getAsLong() - exchange.startNanos();
    long millis = TimeUnit.NANOSECONDS.toMillis(nanos);
    context.accessLog().line(remote(channel), text, status, millis);
  }

  private String remote(Channel channel) {
    String known = remote;
    if (known == null) {
      known = name(channel.remoteAddress());
      remote = known;
    }
    return known;
  }

  /** Address and port; {@code 127.0.0.1} for a client on a Unix socket. */
  private static String name(@Nullable SocketAddress address) {
    if (address instanceof InetSocketAddress tcp && tcp.getAddress() != null) {
      String host = tcp.getAddress().getHostAddress();
      return (host.indexOf(':') >= 0 ? '[' + host + ']' : host) + ':' + tcp.getPort();
    }
    return "127.0.0.1";
  }
}
