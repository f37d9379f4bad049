package ai.mariner.rest;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.message.Body;
import ai.mariner.core.message.Reply;
import ai.mariner.core.message.ResponseSink;
import ai.mariner.net.NettyBody;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class StreamTest {
  private final TestServer server = new TestServer();
  private final Listener listener = server.listener(Api.INFERENCE);
  private final List<ResponseSink> sinks = new ArrayList<>();

  StreamTest() {
    server.handler =
        (request, sink) -> {
          request.release();
          sinks.add(sink);
        };
  }

  @Test
  void piecesLeaveAsChunksAsTheyCome() {
    try (Wire wire = new Wire(listener)) {
      wire.send(FramingTest.post("/predictions/m", "x"));
      ResponseSink sink = sinks.get(0);
      sink.next(
          new Reply(
              201,
              "Streaming",
              "text/plain",
              List.of(new Reply.Header("ts_stream_next", "true"), new Reply.Header("X-Mine", "y")),
              netty(wire, "hello ")));
      assertThat(wire.received())
          .startsWith("HTTP/1.1 201 Streaming\r\n")
          .contains("transfer-encoding: chunked\r\n", "X-Mine: y\r\n", "content-type: text/plain")
          .doesNotContain("ts_stream_next", "content-length")
          .endsWith("\r\n\r\n6\r\nhello \r\n");
      sink.next(piece(netty(wire, "")));
      assertThat(wire.received()).isEmpty();
      sink.next(piece(netty(wire, "y".repeat(9000))));
      assertThat(wire.received()).isEqualTo("2328\r\n" + "y".repeat(9000) + "\r\n");
      sink.end(piece(netty(wire, "end")));
      assertThat(wire.received()).isEqualTo("3\r\nend\r\n0\r\n\r\n");

      wire.send(FramingTest.get("/ping"));
      assertThat(wire.received()).contains("Healthy");
      assertThat(server.statuses).containsExactly(201, 200);
    }
  }

  @Test
  void aFailureBehindTheFirstPieceCutsTheConnection() {
    try (Wire wire = new Wire(listener)) {
      wire.send(FramingTest.post("/predictions/m", "x"));
      sinks.get(0).next(piece(netty(wire, "a")));
      sinks.get(0).fail(Failure.of(ErrorKind.HANDLER_FAILED, "Prediction failed"));

      assertThat(wire.received()).endsWith("1\r\na\r\n").doesNotContain("0\r\n\r\n");
      assertThat(wire.isOpen()).isFalse();
    }
  }

  @Test
  void http10GetsPlainBytesUntilTheConnectionCloses() {
    try (Wire wire = new Wire(listener)) {
      wire.send("GET /predictions/m HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
      sinks.get(0).next(piece(netty(wire, "a")));
      sinks.get(0).end(piece(netty(wire, "b")));

      assertThat(wire.received())
          .contains("connection: close")
          .doesNotContain("chunked", "content-length")
          .endsWith("\r\n\r\nab");
      assertThat(wire.isOpen()).isFalse();
    }
  }

  @Test
  void aStreamBehindAnotherAnswerWaitsAndCountsItsBytes() {
    try (Wire wire = new Wire(listener)) {
      wire.send(FramingTest.post("/predictions/a", "x") + FramingTest.post("/predictions/b", "y"));
      ResponseSink second = sinks.get(1);
      AtomicInteger told = new AtomicInteger();
      second.next(piece(netty(wire, "p".repeat(70_000))));
      assertThat(second.isReady()).isFalse();
      assertThat(second.bufferedBytes()).isEqualTo(70_000);
      second.onReady(told::incrementAndGet);
      assertThat(told).hasValue(0);
      assertThat(wire.received()).isEmpty();

      sinks.get(0).end(piece(netty(wire, "first")));
      assertThat(wire.received()).contains("first").contains("p".repeat(70_000));
      assertThat(second.isReady()).isTrue();
      assertThat(second.bufferedBytes()).isZero();
      assertThat(told).hasValue(1);
      second.end(piece(netty(wire, "")));
      assertThat(wire.received()).isEqualTo("0\r\n\r\n");
    }
  }

  @Test
  void piecesForAClientThatLeftAreGivenBack() {
    try (Wire wire = new Wire(listener)) {
      wire.send(FramingTest.post("/predictions/a", "x") + FramingTest.post("/predictions/b", "y"));
      sinks.get(1).next(piece(netty(wire, "held")));
      wire.channel.close();
      sinks.get(0).next(piece(netty(wire, "late")));
      sinks.get(1).end(piece(netty(wire, "late")));

      assertThat(sinks.get(0).bufferedBytes()).isZero();
      assertThat(sinks.get(1).bufferedBytes()).isZero();
    }
  }

  @Test
  void anAnswerWithALineBreakInAHeaderIsRefused() {
    for (Reply bad :
        List.of(
            new Reply(null, null, null, List.of(header("X", "a\r\nSet-Cookie: b")), Body.empty()),
            new Reply(null, null, null, List.of(header("X\r\n", "a")), Body.empty()),
            new Reply(null, null, "text/plain\nX: y", List.of(), Body.empty()),
            new Reply(200, "OK\r\n\r\nHTTP/1.1", null, List.of(), Body.empty()),
            new Reply(100, null, null, List.of(), Body.empty()))) {
      sinks.clear();
      try (Wire wire = new Wire(listener)) {
        wire.send(FramingTest.post("/predictions/m", "x"));
        sinks.get(0).end(bad);
        assertThat(wire.received())
            .startsWith("HTTP/1.1 500 ")
            .contains("The handler set")
            .doesNotContain("Set-Cookie: b\r\n")
            .containsOnlyOnce("HTTP/1.1 ");
      }
    }
  }

  @Test
  void theHandlersHeadersWinExceptForFraming() {
    try (Wire wire = new Wire(listener)) {
      wire.send(FramingTest.post("/predictions/m", "x"));
      sinks
          .get(0)
          .end(
              new Reply(
                  null,
                  null,
                  "image/png",
                  List.of(
                      header("Content-Length", "99"),
                      header("Transfer-Encoding", "chunked"),
                      header("Connection", "close"),
                      header("Content-Type", "text/html"),
                      header("cache-control", "max-age=60")),
                  Body.of("png".getBytes(StandardCharsets.UTF_8))));

      assertThat(wire.received())
          .contains("cache-control: max-age=60", "content-length: 3", "content-type: image/png")
          .doesNotContain("99", "chunked", "text/html", "no-store", "connection: close");
    }
  }

  @Test
  void answersWithoutAContentHaveNoBody() {
    try (Wire wire = new Wire(listener)) {
      for (int status : new int[] {204, 304}) {
        sinks.clear();
        wire.send(FramingTest.post("/predictions/m", "x"));
        sinks.get(0).end(new Reply(status, null, null, List.of(), netty(wire, "body")));
        assertThat(wire.received())
            .startsWith("HTTP/1.1 " + status)
            .doesNotContain("content-length", "body")
            .endsWith("\r\n\r\n");
      }
    }
  }

  private static Reply.Header header(String name, String value) {
    return new Reply.Header(name, value);
  }

  private static Reply piece(Body body) {
    return new Reply(null, null, null, List.of(), body);
  }

  private static Body netty(Wire wire, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return NettyBody.owning(wire.allocator().heapBuffer(bytes.length + 1).writeBytes(bytes));
  }
}
