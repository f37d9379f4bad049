package ai.mariner.rest;

import ai.mariner.core.config.ListenerAddress;
import ai.mariner.net.ServerTls;
import ai.mariner.net.Transport;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** A REST listener: one address, one or several sets of routes. */
@SuppressWarnings("FutureReturnValueIgnored") // Outcomes arrive as events of the channel.
public final class HttpServer {
  private static final int BACKLOG = 1024;

  private final ListenerAddress address;
  private final Network network;
  private final Listener listener;
  private final int maxHeaderBytes;
  private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
  private @Nullable Channel serverChannel;

  /**
   * Where connections live.
   *
   * @param transport kind of sockets
   * @param loops event loops of the transport, not ended by this
   * @param tls what they speak; absent: plain HTTP
   */
  public record Network(Transport transport, EventLoopGroup loops, @Nullable ServerTls tls) {}

  /**
   * Makes a listener that is not bound yet.
   *
   * @param address where to listen
   * @param apis which routes to serve
   * @param context what the routes work with
   * @param network where connections live
   */
  public HttpServer(ListenerAddress address, Set<Api> apis, RestContext context, Network network) {
    this.address = address;
    this.network = network;
    this.listener = new Listener(apis, context, address);
    this.maxHeaderBytes = context.config().limits().maxHeaderBytes();
  }

  /**
   * Starts to listen.
   *
   * @return the address with the port that was chosen
   * @throws IOException if the address can't be bound, with the reason
   */
  public synchronized SocketAddress bind() throws IOException {
    Path unixPath = address.unixPath();
    if (unixPath != null) {
      removeStale(unixPath);
    }
    ServerBootstrap bootstrap =
        new ServerBootstrap()
            .group(network.loops)
            .channel(
                unixPath != null ? network.transport.unixServer() : network.transport.tcpServer())
            .option(ChannelOption.SO_BACKLOG, BACKLOG)
            .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
            .childOption(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
            .childOption(ChannelOption.RECVBUF_ALLOCATOR, Transport.receiveBuffers())
            .childHandler(new Connections());
    if (unixPath == null) {
      bootstrap.option(ChannelOption.SO_REUSEADDR, true);
      bootstrap.childOption(ChannelOption.TCP_NODELAY, true);
      bootstrap.childOption(ChannelOption.SO_KEEPALIVE, true);
    }
    var bound = bootstrap.bind(socketAddress()).awaitUninterruptibly();
    if (!bound.isSuccess()) {
      throw new IOException(
          "cannot listen on " + address + ": " + reason(bound.cause()), bound.cause());
    }
    serverChannel = bound.channel();
    return bound.channel().localAddress();
  }

  private static String reason(@Nullable Throwable cause) {
    String text = cause == null ? null : cause.getMessage();
    return text == null ? String.valueOf(cause) : text;
  }

  private SocketAddress socketAddress() {
    Path unixPath = address.unixPath();
    if (unixPath != null) {
      return network.transport.unixAddress(unixPath);
    }
    String host = address.host();
    return host == null
        ? new InetSocketAddress(address.port())
        : new InetSocketAddress(host, address.port());
  }

  /**
   * Accepts no more connections, closes idle ones and each other one after its next answer.
   *
   * @return completes when all connections are closed; nothing is cut off, see {@link #closeNow}
   */
  public synchronized CompletionStage<Void> close() {
    CompletableFuture<Void> closed = new CompletableFuture<>();
    Channel server = serverChannel;
    if (server == null) {
      closed.complete(null);
      return closed;
    }
    listener.drain();
    server
        .close()
        .addListener(
            unused -> {
              removeSocketFile();
              connections.forEach(
                  channel ->
                      channel
                          .eventLoop()
                          .execute(
                              () ->
                                  channel
                                      .pipeline()
                                      .fireUserEventTriggered(HttpConnection.Event.DRAIN)));
              connections.newCloseFuture().addListener(all -> closed.complete(null));
            });
    return closed;
  }

  /** Closes all connections at once; their requests are cancelled. */
  public synchronized void closeNow() {
    Channel server = serverChannel;
    if (server != null) {
      server.close();
    }
    connections.close();
  }

  private void removeSocketFile() {
    Path unixPath = address.unixPath();
    if (unixPath != null) {
      try {
        Files.deleteIfExists(unixPath);
      } catch (IOException leftBehind) {
        // The next start removes it, see removeStale.
        return;
      }
    }
  }

  /** Removes a socket that a server which has ended left behind; a living one is kept. */
  private static void removeStale(Path path) throws IOException {
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    Object mode = Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
    boolean socket = mode instanceof Integer bits && (bits & 0170000) == 0140000;
    if (!socket) {
      throw new IOException(
          "cannot listen on unix:" + path + ": a file that is no socket is there");
    }
    try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      probe.connect(UnixDomainSocketAddress.of(path));
    } catch (IOException nobodyListens) {
      Files.deleteIfExists(path);
      return;
    }
    throw new IOException("cannot listen on unix:" + path + ": another server listens there");
  }

  private final class Connections extends ChannelInitializer<Channel> {
    @Override
    protected void initChannel(Channel channel) {
      if (listener.draining()) {
        channel.close();
        return;
      }
      connections.add(channel);
      HttpPipeline.install(channel, listener, maxHeaderBytes, network.tls);
    }
  }
}
