package ai.mariner.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.mariner.core.config.ListenerAddress;
import ai.mariner.core.message.ResponseSink;
import ai.mariner.net.Transport;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class HttpServerTest {
  private final Transport transport = Transport.detect();
  private final EventLoopGroup loops = transport.newGroup(2, "test-rest");
  private final TestServer server = new TestServer();

  @AfterEach
  void endLoops() {
    loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  @Test
  void answersOverTcpAndKeepsTheConnection() throws Exception {
    HttpServer rest = server(ListenerAddress.tcp("127.0.0.1", 0));
    int port = ((InetSocketAddress) rest.bind()).getPort();
    String large = "x".repeat(90_000);
    try (Socket socket = new Socket("127.0.0.1", port)) {
      for (int i = 0; i < 3; i++) {
        write(socket, FramingTest.post("/predictions/echo", large));
        assertThat(read(socket)).startsWith("HTTP/1.1 200 OK").endsWith(large);
      }
    }
    assertThat(server.accessLines.get(0)).startsWith("127.0.0.1:");
    rest.closeNow();
  }

  @Test
  void answersFromOtherThreadsStayInOrder() throws Exception {
    server.handler =
        (request, sink) -> {
          Thread late = new Thread(() -> TestServer.echo(request, sink));
          late.start();
        };
    HttpServer rest = server(ListenerAddress.tcp("127.0.0.1", 0));
    int port = ((InetSocketAddress) rest.bind()).getPort();
    try (Socket socket = new Socket("127.0.0.1", port)) {
      StringBuilder all = new StringBuilder();
      for (int i = 0; i < 200; i++) {
        all.append(FramingTest.post("/predictions/echo", "body-" + i));
      }
      write(socket, all.toString());
      for (int i = 0; i < 200; i++) {
        assertThat(read(socket)).endsWith("\r\n\r\nbody-" + i);
      }
    }
    rest.closeNow();
  }

  @Test
  void aClientThatClosesItsSocketCancelsItsRequest() throws Exception {
    CountDownLatch arrived = new CountDownLatch(1);
    CountDownLatch cancelled = new CountDownLatch(1);
    server.handler =
        (request, sink) -> {
          request.release();
          sink.onCancel(cancelled::countDown);
          arrived.countDown();
        };
    HttpServer rest = server(ListenerAddress.tcp("127.0.0.1", 0));
    int port = ((InetSocketAddress) rest.bind()).getPort();
    try (Socket socket = new Socket("127.0.0.1", port)) {
      write(socket, FramingTest.post("/predictions/echo", "x"));
      arrived.await();
    }
    assertThat(cancelled.await(10, TimeUnit.SECONDS)).isTrue();
    rest.closeNow();
  }

  @Test
  void aHalfClosedClientThatAnnouncedItsLastRequestGetsItsAnswer() throws Exception {
    CompletableFuture<ResponseSink> asked = new CompletableFuture<>();
    server.handler =
        (request, sink) -> {
          request.release();
          asked.complete(sink);
        };
    HttpServer rest = server(ListenerAddress.tcp("127.0.0.1", 0));
    int port = ((InetSocketAddress) rest.bind()).getPort();
    try (Socket socket = new Socket("127.0.0.1", port)) {
      write(socket, "GET /predictions/m HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      socket.shutdownOutput();
      ResponseSink sink = asked.get();
      sink.end(Replies.json(200, "answer"));
      assertThat(all(socket)).endsWith("answer");
    }
    rest.closeNow();
  }

  @Test
  void aRefusalArrivesEvenWhileTheClientIsStillSending() throws Exception {
    HttpServer rest = server(ListenerAddress.tcp("127.0.0.1", 0));
    int port = ((InetSocketAddress) rest.bind()).getPort();
    try (Socket socket = new Socket("127.0.0.1", port)) {
      write(
          socket,
          "PUT /predictions/m HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n"
              + "x".repeat(1_000_000));
      assertThat(all(socket)).startsWith("HTTP/1.1 413 ").contains("max_request_size");
    }
    rest.closeNow();
  }

  @Test
  void aClientThatStopsReadingItsStreamIsDropped() throws Exception {
    CountDownLatch cancelled = new CountDownLatch(1);
    server.handler =
        (request, sink) -> {
          request.release();
          sink.onCancel(cancelled::countDown);
          sink.next(Replies.of(200, null, new byte[64_000_000]));
        };
    HttpServer rest = server(ListenerAddress.tcp("127.0.0.1", 0));
    int port = ((InetSocketAddress) rest.bind()).getPort();
    try (Socket socket = new Socket("127.0.0.1", port)) {
      write(socket, FramingTest.post("/predictions/m", "x"));
      while (!cancelled.await(100, TimeUnit.MILLISECONDS)) {
        server.nanos.addAndGet(TimeUnit.SECONDS.toNanos(10));
      }
      assertThat(server.budget.usedBytes()).isZero();
    }
    rest.closeNow();
  }

  @Test
  void pipelinedRequestsBeforeAHalfCloseAreAnsweredWhenTheAnswersAreThere() throws Exception {
    HttpServer rest = server(ListenerAddress.tcp("127.0.0.1", 0));
    int port = ((InetSocketAddress) rest.bind()).getPort();
    try (Socket socket = new Socket("127.0.0.1", port)) {
      write(socket, FramingTest.get("/ping").repeat(3));
      socket.shutdownOutput();
      assertThat(all(socket).split("Healthy", -1)).hasSize(4);
    }
    rest.closeNow();
  }

  @Test
  void closingLetsRequestsUnderWayEndAndFreesThePort() throws Exception {
    CompletableFuture<ResponseSink> asked = new CompletableFuture<>();
    server.handler =
        (request, sink) -> {
          request.release();
          asked.complete(sink);
        };
    HttpServer rest = server(ListenerAddress.tcp("127.0.0.1", 0));
    int port = ((InetSocketAddress) rest.bind()).getPort();
    try (Socket busy = new Socket("127.0.0.1", port);
        Socket idle = new Socket("127.0.0.1", port)) {
      write(idle, FramingTest.get("/ping"));
      assertThat(read(idle)).contains("Healthy");
      write(busy, FramingTest.post("/predictions/m", "x"));
      ResponseSink sink = asked.get();
      CompletableFuture<Void> closed = rest.close().toCompletableFuture();
      assertThat(all(idle)).isEmpty();
      assertThat(closed).isNotDone();
      sink.end(Replies.json(200, "answer"));
      assertThat(all(busy)).contains("connection: close").endsWith("answer");
      closed.get(10, TimeUnit.SECONDS);
    }
    HttpServer next = server(ListenerAddress.tcp("127.0.0.1", port));
    next.bind();
    next.closeNow();
  }

  @Test
  void aTakenPortIsNamed() throws Exception {
    HttpServer first = server(ListenerAddress.tcp("127.0.0.1", 0));
    int port = ((InetSocketAddress) first.bind()).getPort();
    assertThatThrownBy(() -> server(ListenerAddress.tcp("127.0.0.1", port)).bind())
        .isInstanceOf(IOException.class)
        .hasMessageContaining("cannot listen on http://127.0.0.1:" + port);
    first.closeNow();
  }

  @Test
  void servesAUnixSocketAndCleansUpAfterADeadServer(@TempDir Path folder) throws Exception {
    Path path = folder.resolve("rest.sock");
    HttpServer rest = server(ListenerAddress.unix(path));
    rest.bind();
    assertThatThrownBy(() -> server(ListenerAddress.unix(path)).bind())
        .hasMessageContaining("another server listens there");
    try (SocketChannel client = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      client.connect(UnixDomainSocketAddress.of(path));
      client.write(ByteBuffer.wrap(bytes("GET /ping HTTP/1.0\r\n\r\n")));
      ByteBuffer answer = ByteBuffer.allocate(4096);
      while (client.read(answer) >= 0) {
        assertThat(answer.hasRemaining()).isTrue();
      }
      assertThat(new String(answer.array(), 0, answer.position(), StandardCharsets.UTF_8))
          .contains("Healthy");
    }
    assertThat(server.accessLines.get(0)).startsWith("127.0.0.1 ");
    rest.close().toCompletableFuture().get(10, TimeUnit.SECONDS);
    assertThat(path).doesNotExist();

    try (var left = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      left.bind(UnixDomainSocketAddress.of(path));
    }
    assertThat(path).exists();
    HttpServer again = server(ListenerAddress.unix(path));
    again.bind();
    again.closeNow();
    Path file = Files.writeString(folder.resolve("file"), "mine");
    assertThatThrownBy(() -> server(ListenerAddress.unix(file)).bind())
        .hasMessageContaining("no socket");
    assertThat(file).hasContent("mine");
  }

  private HttpServer server(ListenerAddress address) {
    return new HttpServer(
        address,
        Set.of(Api.INFERENCE),
        server.context,
        new HttpServer.Network(transport, loops, null));
  }

  private static void write(Socket socket, String text) throws IOException {
    OutputStream out = socket.getOutputStream();
    out.write(bytes(text));
    out.flush();
  }

  /** One answer with a content length. */
  private static String read(Socket socket) throws IOException {
    InputStream in = socket.getInputStream();
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int next = in.read();
      if (next < 0) {
        throw new IOException("the connection ended in the head: " + head);
      }
      head.append((char) next);
    }
    int at = head.indexOf("content-length: ") + "content-length: ".length();
    int size = Integer.parseInt(head.substring(at, head.indexOf("\r\n", at)));
    return head + new String(in.readNBytes(size), StandardCharsets.ISO_8859_1);
  }

  private static String all(Socket socket) throws IOException {
    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
