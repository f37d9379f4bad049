package ai.mariner.grpc;

import ai.mariner.net.Transport;
import ai.mariner.proto.inference.InferenceAPIsServiceGrpc;
import ai.mariner.proto.inference.PredictionsRequest;
import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A real server on loopback with clients. */
final class NettyFixture implements AutoCloseable {
  final FakeCore core;
  final GrpcServer server;
  private final EventLoopGroup acceptors;
  private final EventLoopGroup loops;
  private final List<ManagedChannel> channels = new ArrayList<>();

  NettyFixture(FakeCore core) throws IOException {
    this.core = core;
    Transport transport = Transport.detect();
    acceptors = transport.newGroup(1, "accept");
    loops = transport.newGroup(2, "loop");
    try {
      server =
          GrpcServer.start(
              core.context(), new GrpcServer.Network(transport, acceptors, loops, null, null));
    } catch (IOException | RuntimeException e) {
      stopLoops();
      throw e;
    }
  }

  private static int port(SocketAddress address) {
    return ((InetSocketAddress) address).getPort();
  }

  ManagedChannel inferenceChannel() {
    return channel(port(server.inferenceAddress()));
  }

  ManagedChannel managementChannel() {
    return channel(port(server.managementAddress()));
  }

  private ManagedChannel channel(int port) {
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", port)
            .usePlaintext()
            .flowControlWindow(64 * 1024)
            .maxInboundMessageSize(16 << 20)
            .build();
    channels.add(channel);
    return channel;
  }

  InferenceAPIsServiceGrpc.InferenceAPIsServiceBlockingStub blocking() {
    return InferenceAPIsServiceGrpc.newBlockingStub(inferenceChannel())
        .withDeadlineAfter(20, TimeUnit.SECONDS);
  }

  static PredictionsRequest request(String text) {
    return PredictionsRequest.newBuilder()
        .setModelName("echo")
        .putInput("data", ByteString.copyFromUtf8(text))
        .build();
  }

  @Override
  public void close() {
    for (ManagedChannel channel : channels) {
      channel.shutdownNow();
    }
    try {
      server.close(Duration.ZERO);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    core.close();
    stopLoops();
  }

  private void stopLoops() {
    acceptors.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
    loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
  }
}
