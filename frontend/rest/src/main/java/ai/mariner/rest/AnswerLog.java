package ai.mariner.rest;

import ai.mariner.core.config.TrustedProxies;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpRequest;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
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
    context.accessLog().line(client(exchange, channel), text, status, millis);
  }

  /** Who asked: the peer, unless it is a proxy of ours that names its client. */
  private String client(Exchange exchange, Channel channel) {
    TrustedProxies proxies = context.config().trustedProxies();
    if (!proxies.isEmpty()) {
      List<String> hops = exchange.request().headers().getAll("X-Forwarded-For");
      String client = proxies.client(exchange.peer(), hops);
      if (client != null) {
        return client.indexOf(':') >= 0 ? '[' + client + ']' : client;
      }
    }
    return remote(channel);
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
