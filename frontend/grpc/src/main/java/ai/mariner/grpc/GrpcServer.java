package ai.mariner.grpc;

import ai.mariner.core.config.ConnectionAge;
import ai.mariner.core.config.LimitsConfig;
import ai.mariner.core.config.ListenerAddress;
import ai.mariner.net.ServerTls;
import ai.mariner.net.Transport;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The two gRPC listeners, inference and management; one, where they have the same address. */
public final class GrpcServer {
  /** Names, versions and lengths around the inputs of a message. */
  private static final int FRAMING_BYTES = 64 * 1024;

  private static final int MAX_CALLS_PER_CONNECTION = 1000;

  /** Clients may ask whether the connection lives this often, long calls make them want to. */
  private static final Duration CLIENT_PING_INTERVAL = Duration.ofSeconds(10);

  private static final Duration KILL_TIMEOUT = Duration.ofSeconds(5);

  private final Listener inference;
  private final Listener management;

  private record Listener(Server server, HealthChecks health) {
    SocketAddress address() {
      return server.getListenSockets().get(0);
    }
  }

  /**
   * Where connections live.
   *
   * @param transport kind of sockets
   * @param acceptors loops that accept connections
   * @param loops loops that connections are spread over; calls run there and must not block
   * @param inferenceTls what the inference listener speaks; absent: no TLS
   * @param managementTls what the management listener speaks; absent: no TLS
   */
  public record Network(
      Transport transport,
      EventLoopGroup acceptors,
      EventLoopGroup loops,
      @Nullable ServerTls inferenceTls,
      @Nullable ServerTls managementTls) {}

  private GrpcServer(Listener inference, Listener management) {
    this.inference = inference;
    this.management = management;
  }

  /**
   * Binds both listeners, or the one that serves both.
   *
   * @throws IOException naming listener, address and reason if one can't be bound; then none is
   */
  public static GrpcServer start(GrpcContext context, Network network) throws IOException {
    if (context.config().grpcInference().isOneWith(context.config().grpcManagement())) {
      Listener both =
          listen(
              "gRPC listener",
              context.config().grpcInference(),
              context.config().grpcInferenceAge(),
              GrpcServices.both(context),
              context,
              network,
              network.inferenceTls);
      return new GrpcServer(both, both);
    }
    Listener inference =
        listen(
            "gRPC inference listener",
            context.config().grpcInference(),
            context.config().grpcInferenceAge(),
            GrpcServices.inference(context),
            context,
            network,
            network.inferenceTls);
    try {
      Listener management =
          listen(
              "gRPC management listener",
              context.config().grpcManagement(),
              context.config().grpcManagementAge(),
              GrpcServices.management(context),
              context,
              network,
              network.managementTls);
      return new GrpcServer(inference, management);
    } catch (IOException | RuntimeException e) {
      inference.server().shutdownNow();
      throw e;
    }
  }

  private static Listener listen(
      String name,
      ListenerAddress address,
      ConnectionAge age,
      GrpcServices services,
      GrpcContext context,
      Network network,
      @Nullable ServerTls tls)
      throws IOException {
    NettyServerBuilder builder = builder(name, address, network);
    if (tls != null) {
      builder.sslContext(tls.context());
    }
    bound(builder, context.config().limits());
    age(builder, age);
    services.addTo(builder, context);
    try {
      return new Listener(builder.build().start(), services.health());
    } catch (IOException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new IOException(
          name
              + ": "
              + text(address)
              + " (expected: a free address of this machine): "
              + cause.getMessage(),
          e);
    }
  }

  private static NettyServerBuilder builder(String name, ListenerAddress address, Network network)
      throws IOException {
    boolean unix = address.unixPath() != null;
    return NettyServerBuilder.forAddress(socketAddress(name, address, network.transport()))
        .channelType(unix ? network.transport().unixServer() : network.transport().tcpServer())
        .bossEventLoopGroup(network.acceptors())
        .workerEventLoopGroup(network.loops());
  }

  private static SocketAddress socketAddress(
      String name, ListenerAddress address, Transport transport) throws IOException {
    if (address.unixPath() != null) {
      return transport.unixAddress(address.unixPath());
    }
    InetSocketAddress tcp =
        address.host() == null
            ? new InetSocketAddress(address.port())
            : new InetSocketAddress(address.host(), address.port());
    if (tcp.isUnresolved()) {
      throw new IOException(
          name + ": " + text(address) + " (expected: an address of this machine): unknown host");
    }
    return tcp;
  }

  /** Without the scheme, which is HTTP's. */
  private static String text(ListenerAddress address) {
    return address.unixPath() != null ? address.toString() : address.hostAndPort();
  }

  private static void bound(NettyServerBuilder builder, LimitsConfig limits) {
    long message = (long) limits.maxRequestBytes() + FRAMING_BYTES;
    builder
        .maxInboundMessageSize((int) Math.min(message, Integer.MAX_VALUE))
        .maxInboundMetadataSize(limits.maxHeaderBytes())
        .maxConcurrentCallsPerConnection(MAX_CALLS_PER_CONNECTION)
        .permitKeepAliveTime(CLIENT_PING_INTERVAL.toSeconds(), TimeUnit.SECONDS)
        .permitKeepAliveWithoutCalls(true);
    if (!limits.idleTimeout().isZero()) {
      builder.maxConnectionIdle(limits.idleTimeout().toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private static void age(NettyServerBuilder builder, ConnectionAge age) {
    if (age.most() != null) {
      builder.maxConnectionAge(age.most().toMillis(), TimeUnit.MILLISECONDS);
    }
    if (age.grace() != null) {
      builder.maxConnectionAgeGrace(age.grace().toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  /** Where the inference listener is bound. */
  public SocketAddress inferenceAddress() {
    return inference.address();
  }

  /** Where the management listener is bound. */
  public SocketAddress managementAddress() {
    return management.address();
  }

  /**
   * Takes no new calls, lets those under way end, then closes all connections. Blocks.
   *
   * @param drain how long calls under way may take
   * @throws InterruptedException if interrupted; connections are closed then
   */
  public void close(Duration drain) throws InterruptedException {
    long end = System.nanoTime() + drain.toNanos();
    stopListening(inference);
    stopListening(management);
    try {
      for (Listener listener : new Listener[] {inference, management}) {
        long rest = Math.max(0, end - System.nanoTime());
        listener.server().awaitTermination(rest, TimeUnit.NANOSECONDS);
      }
    } finally {
      inference.server().shutdownNow();
      management.server().shutdownNow();
    }
    inference.server().awaitTermination(KILL_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    management.server().awaitTermination(KILL_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
  }

  private static void stopListening(Listener listener) {
    listener.server().shutdown();
    listener.health().stop();
  }
}
