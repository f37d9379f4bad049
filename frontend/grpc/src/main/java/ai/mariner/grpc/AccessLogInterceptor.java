package ai.mariner.grpc;

import ai.mariner.core.config.TrustedProxies;
import ai.mariner.core.metrics.AccessLog;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Leaves one line for each call, when it has ended in whatever way. */
final class AccessLogInterceptor implements ServerInterceptor {
  private static final Metadata.Key<String> FORWARDED_FOR =
      Metadata.Key.of("x-forwarded-for", Metadata.ASCII_STRING_MARSHALLER);

  private final AccessLog log;
  private final TrustedProxies proxies;
  private final LongSupplier nanoTime;

  AccessLogInterceptor(AccessLog log, TrustedProxies proxies, LongSupplier nanoTime) {
    this.log = log;
    this.proxies = proxies;
    this.nanoTime = nanoTime;
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    Entry<Q, R> entry = new Entry<>(call, client(call, headers), nanoTime.getAsLong());
    return new SimpleForwardingServerCallListener<>(next.startCall(entry, headers)) {
      @Override
      public void onComplete() {
        write(entry);
        super.onComplete();
      }

      @Override
      public void onCancel() {
        write(entry);
        super.onCancel();
      }
    };
  }

  /** The client that a proxy of ours names; absent: the peer. */
  private @Nullable String client(ServerCall<?, ?> call, Metadata headers) {
    Iterable<String> hops = proxies.isEmpty() ? null : headers.getAll(FORWARDED_FOR);
    if (hops == null) {
      return null;
    }
    SocketAddress remote = call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
    InetAddress peer = remote instanceof InetSocketAddress tcp ? tcp.getAddress() : null;
    List<String> list = new ArrayList<>();
    hops.forEach(list::add);
    String client = proxies.client(peer, list);
    return client != null && client.indexOf(':') >= 0 ? '[' + client + ']' : client;
  }

  private void write(Entry<?, ?> entry) {
    SocketAddress remote = entry.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
    long millis = TimeUnit.NANOSECONDS.toMillis(nanoTime.getAsLong() - entry.startNanos);
    log.line(
        entry.client == null ? text(remote) : entry.client,
        "gRPC " + entry.getMethodDescriptor().getFullMethodName() + " HTTP/2.0",
        entry.code().value(),
        millis);
  }

  private static String text(@Nullable SocketAddress remote) {
    if (remote instanceof InetSocketAddress tcp && tcp.getAddress() != null) {
      return NetUtil.toSocketAddressString(tcp);
    }
    // A client on a Unix socket has no address of its own.
    return "127.0.0.1";
  }

  /** A call that remembers how it was closed. */
  private static final class Entry<Q, R> extends SimpleForwardingServerCall<Q, R> {
    private final @Nullable String client;
    private final long startNanos;
    private volatile Status.@Nullable Code closedWith;

    Entry(ServerCall<Q, R> call, @Nullable String client, long startNanos) {
      super(call);
      this.client = client;
      this.startNanos = startNanos;
    }

    @Override
    public void close(Status status, Metadata trailers) {
      closedWith = status.getCode();
      super.close(status, trailers);
    }

    /**
     * How the call ended; one that was never closed was cancelled by the client or its deadline.
     */
    Status.Code code() {
      Status.Code code = closedWith;
      if (code != null) {
        return code;
      }
      Deadline deadline = Context.current().getDeadline();
      return deadline != null && deadline.isExpired()
          ? Status.Code.DEADLINE_EXCEEDED
          : Status.Code.CANCELLED;
    }
  }
}
