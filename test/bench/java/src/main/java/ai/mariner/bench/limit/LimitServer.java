package ai.mariner.bench.limit;

import ai.mariner.bench.Flags;
import ai.mariner.bench.Sockets;
import ai.mariner.bench.UsageException;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpRequestDecoder;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The ceiling of the design: HTTP or gRPC in front of one Python loop that echoes. It routes
 * nothing, checks nothing and measures nothing.
 */
public final class LimitServer implements AutoCloseable {
  private static final Set<String> FLAGS =
      Set.of("port", "grpc-port", "python", "loops", "in-flight", "batch");
  private static final int MAX_PIECE_BYTES = 1 << 20;
  private static final int MAX_MESSAGE_BYTES = 1 << 30;
  private static final int CONNECT_SECONDS = 20;

  private final Options options;
  private final Sockets sockets = Sockets.detect();
  private final EventLoopGroup loops;
  private final EventLoop linkLoop;
  private final CountDownLatch ended = new CountDownLatch(1);
  private final CompletableFuture<Channel> connected = new CompletableFuture<>();
  private final PythonLink link;
  private final Path folder;
  private @Nullable Process python;
  private @Nullable Channel http;
  private @Nullable Server grpc;

  /**
   * What is started.
   *
   * @param port of HTTP; 0: any free one
   * @param grpcPort of gRPC; null: no gRPC; 0: any free one
   * @param python the interpreter
   * @param loops event loops, at least 1
   * @param inFlight frames that may wait for their answers, at least 1
   * @param batch items of a frame, at least 1
   */
  public record Options(
      int port, @Nullable Integer grpcPort, String python, int loops, int inFlight, int batch) {}

  private LimitServer(Options options) throws IOException {
    this.options = options;
    this.loops = sockets.loops(options.loops(), "limit");
    this.linkLoop = loops.next();
    this.link = new PythonLink(options.inFlight(), options.batch(), ended::countDown);
    this.folder = Files.createTempDirectory("limit");
  }

  /**
   * Starts the Python loop and listens.
   *
   * @throws UsageException a port is taken, or Python cannot be started or does not connect
   */
  public static LimitServer start(Options options) throws IOException, InterruptedException {
    LimitServer server = new LimitServer(options);
    try {
      server.startPython();
      server.startHttp();
      server.startGrpc();
      return server;
    } catch (Throwable e) {
      server.close();
      throw e;
    }
  }

  private void startPython() throws IOException, InterruptedException {
    Path path = folder.resolve("s");
    Channel listener =
        listen(sockets.unixServer(), sockets.unix(path), linkLoop, new LinkInitializer());
    try {
      python =
          new ProcessBuilder(options.python(), "-c", source(), path.toString())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      python
          .onExit()
          .thenAccept(
              process ->
                  connected.completeExceptionally(
                      new IOException("ended with " + process.exitValue())));
      connected.get(CONNECT_SECONDS, TimeUnit.SECONDS);
    } catch (IOException | ExecutionException | TimeoutException e) {
      throw new UsageException(
          "--python: " + options.python() + " (expected: a Python that connects); " + e);
    } finally {
      listener.close().sync();
      Files.deleteIfExists(path);
      Files.deleteIfExists(folder);
    }
  }

  private static String source() throws IOException {
    try (InputStream in = LimitServer.class.getResourceAsStream("/loop.py")) {
      if (in == null) {
        throw new IOException("loop.py: missing (expected: in the jar of the tools)");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private void startHttp() throws InterruptedException {
    http =
        listen(
            sockets.server(), new InetSocketAddress(options.port()), loops, new HttpInitializer());
  }

  private static Channel listen(
      Class<? extends ServerChannel> type,
      SocketAddress address,
      EventLoopGroup group,
      ChannelHandler handler)
      throws InterruptedException {
    var bound =
        new ServerBootstrap()
            .group(group)
            .channel(type)
            .childOption(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
            .childHandler(handler)
            .bind(address)
            .await();
    if (!bound.isSuccess()) {
      throw new UsageException(address + ": " + bound.cause() + " (expected: a free address)");
    }
    return bound.channel();
  }

  private void startGrpc() {
    Integer port = options.grpcPort();
    if (port == null) {
      return;
    }
    try {
      grpc =
          NettyServerBuilder.forPort(port)
              .bossEventLoopGroup(loops)
              .workerEventLoopGroup(loops)
              .channelType(sockets.server())
              .directExecutor()
              .maxInboundMessageSize(MAX_MESSAGE_BYTES)
              .addService(new GrpcFront(link, linkLoop))
              .build()
              .start();
    } catch (IOException e) {
      throw new UsageException("--grpc-port: " + port + " (expected: a free port); " + e);
    }
  }

  /** The port where HTTP is served. */
  public int port() {
    Channel channel = http;
    if (channel == null) {
      throw new IllegalStateException("the server has not started");
    }
    return ((InetSocketAddress) channel.localAddress()).getPort();
  }

  /** The port where gRPC is served, or null. */
  public @Nullable Integer grpcPort() {
    return grpc == null ? null : grpc.getPort();
  }

  /** Waits until the Python loop has ended. */
  void awaitEnd() throws InterruptedException {
    ended.await();
  }

  @Override
  public void close() throws IOException {
    if (grpc != null) {
      grpc.shutdownNow();
    }
    if (http != null) {
      http.close().syncUninterruptibly();
    }
    connected.thenAccept(Channel::close);
    if (python != null) {
      python.destroy();
      python.onExit().join();
    }
    loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
    Files.deleteIfExists(folder.resolve("s"));
    Files.deleteIfExists(folder);
  }

  /**
   * Reads the flags, serves, and ends with 1 when the Python loop has ended or something is wrong.
   */
  @SuppressWarnings("SystemOut")
  public static void main(String[] arguments) throws IOException, InterruptedException {
    try {
      Flags flags = Flags.parse(arguments, FLAGS);
      Options options =
          new Options(
              flags.whole("port", 0, null),
              flags.has("grpc-port") ? flags.whole("grpc-port", 0, null) : null,
              flags.text("python", "python3"),
              flags.whole("loops", 1, 1),
              flags.whole("in-flight", 1, 1),
              flags.whole("batch", 1, 1));
      LimitServer server = start(options);
      Runtime.getRuntime().addShutdownHook(new Thread(server::stopPython));
      System.out.printf("{\"port\": %d, \"grpcPort\": %s}%n", server.port(), server.grpcPort());
      server.awaitEnd();
      System.err.println("LimitServer: the Python loop has ended (expected: it serves)");
    } catch (UsageException e) {
      System.err.println("LimitServer: " + e.getMessage());
    }
    System.exit(1);
  }

  private void stopPython() {
    if (python != null) {
      python.destroy();
    }
  }

  private final class LinkInitializer extends ChannelInitializer<Channel> {
    @Override
    protected void initChannel(Channel channel) {
      channel.pipeline().addLast(link);
      connected.complete(channel);
    }
  }

  private final class HttpInitializer extends ChannelInitializer<Channel> {
    @Override
    protected void initChannel(Channel channel) {
      HttpDecoderConfig config =
          new HttpDecoderConfig().setMaxChunkSize(MAX_PIECE_BYTES).setValidateHeaders(false);
      channel
          .pipeline()
          .addLast(new HttpRequestDecoder(config))
          .addLast(new HttpFront(link, linkLoop));
    }
  }
}
