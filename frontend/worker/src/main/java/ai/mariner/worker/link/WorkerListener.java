package ai.mariner.worker.link;

import ai.mariner.net.Transport;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * The Unix socket that workers of one event loop connect to; their connections stay on that loop.
 */
final class WorkerListener {
  private static final long HELLO_TIMEOUT_SECONDS = 10;

  private final Path socket;
  private final ExpectedWorkers expected;
  private final Channel channel;

  private WorkerListener(Path socket, ExpectedWorkers expected, Channel channel) {
    this.socket = socket;
    this.expected = expected;
    this.channel = channel;
  }

  /**
   * Binds the socket. Blocks; not to be called on an event loop.
   *
   * @throws IOException if the socket can't be bound
   */
  static WorkerListener bind(Transport transport, EventLoop loop, Path socket, int maxResponseBytes)
      throws IOException {
    ExpectedWorkers expected = new ExpectedWorkers();
    ServerBootstrap bootstrap =
        new ServerBootstrap()
            .group(loop, loop)
            .channel(transport.unixServer())
            .childOption(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
            .childOption(ChannelOption.RECVBUF_ALLOCATOR, Transport.receiveBuffers())
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel connection) {
                    LinkHandler handler = new LinkHandler(expected, maxResponseBytes);
                    connection.pipeline().addLast(handler);
                    connection
                        .eventLoop()
                        .schedule(handler::closeIfUnknown, HELLO_TIMEOUT_SECONDS, TimeUnit.SECONDS);
                  }
                });
    var bound = bootstrap.bind(transport.unixAddress(socket)).awaitUninterruptibly();
    if (!bound.isSuccess()) {
      throw new IOException("worker socket " + socket + " can't be bound", bound.cause());
    }
    return new WorkerListener(socket, expected, bound.channel());
  }

  Path socket() {
    return socket;
  }

  ExpectedWorkers expected() {
    return expected;
  }

  void close() {
    channel.close().awaitUninterruptibly();
    try {
      Files.deleteIfExists(socket);
    } catch (IOException e) {
      // The whole folder is removed at the end, and swept at the next start.
    }
  }
}
