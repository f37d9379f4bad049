package ai.mariner.grpc;

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
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Leaves one line for each call, when it has ended in whatever way. */
final class AccessLogInterceptor implements ServerInterceptor {
  private final AccessLog log;
  private final LongSupplier nanoTime;

  AccessLogInterceptor(AccessLog log, LongSupplier nanoTime) {
    this.log = log;
    this.nanoTime = nanoTime;
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    Entry<Q, R> entry = new Entry<>(call, nanoTime.getAsLong());
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

  private void write(Entry<?, ?> entry) {
    SocketAddress remote = entry.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
    long millis = TimeUnit.NANOSECONDS.toMillis(nanoTime.getAsLong() - entry.startNanos);
    log.line(
        text(remote),
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
    private final long startNanos;
    private volatile Status.@Nullable Code closedWith;

    Entry(ServerCall<Q, R> call, long startNanos) {
      super(call);
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
