package ai.mariner.rest;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.message.ResponseSink;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FramingTest {
  private final TestServer server = new TestServer();
  private final Listener listener = server.listener(Api.INFERENCE);

  @Test
  void echoesABodyWithAllHeadersOfAnAnswer() {
    try (Wire wire = new Wire(listener)) {
      wire.send(post("/predictions/echo", "hello"));

      assertThat(wire.received())
          .isEqualTo(
              "HTTP/1.1 200 OK\r\n"
                  + "x-request-id: "
                  + server.context.inference().labels().of(1)
                  + "\r\nPragma: no-cache\r\n"
                  + "Cache-Control: no-cache; no-store, must-revalidate, private\r\n"
                  + "Expires: Thu, 01 Jan 1970 00:00:00 UTC\r\n"
                  + "content-length: 5\r\nconnection: keep-alive\r\n\r\nhello");
      assertThat(wire.isOpen()).isTrue();
      assertThat(server.statuses).containsExactly(200);
      assertThat(server.accessLines.get(0)).endsWith("\"POST /predictions/echo HTTP/1.1\" 200");
    }
    assertThat(server.budget.usedBytes()).isZero();
  }

  @Test
  void readsRequestsByteByByte() {
    try (Wire wire = new Wire(listener)) {
      String chunked =
          "PUT /predictions/echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
              + "3\r\nabc\r\n2;ext=1\r\nde\r\n0\r\nTrailer: x\r\n\r\n";
      wire.drip(post("/predictions/echo", "12345") + chunked + get("/ping"));

      assertThat(wire.received()).contains("\r\n\r\n12345HTTP", "\r\n\r\nabcdeHTTP", "Healthy");
    }
  }

  @Test
  void largeBodiesPassInSeveralPieces() {
    String body = "x".repeat(50_000);
    try (Wire wire = new Wire(listener)) {
      String request = post("/predictions/echo", body);
      for (int at = 0; at < request.length(); at += 7000) {
        wire.send(request.substring(at, Math.min(request.length(), at + 7000)));
      }

      assertThat(wire.received()).endsWith("\r\n\r\n" + body).contains("content-length: 50000");
    }
  }

  @Test
  void pipelinedRequestsAreAnsweredInOrderWhateverOrderTheModelsHave() {
    List<ResponseSink> sinks = new ArrayList<>();
    List<Runnable> answers = new ArrayList<>();
    server.handler =
        (request, sink) -> {
          sinks.add(sink);
          answers.add(() -> TestServer.echo(request, sink));
        };
    try (Wire wire = new Wire(listener)) {
      wire.send(
          post("/predictions/a", "first")
              + post("/predictions/b", "second")
              + get("/ping")
              + post("/predictions/c", "third"));
      assertThat(sinks).hasSize(3);
      answers.get(2).run();
      answers.get(1).run();
      assertThat(wire.received()).isEmpty();
      answers.get(0).run();

      assertThat(wire.received()).containsSubsequence("first", "second", "Healthy", "third");
    }
  }

  @Test
  void takesOnlySoManyRequestsAtOnce() {
    List<Runnable> answers = new ArrayList<>();
    server.handler = (request, sink) -> answers.add(() -> TestServer.echo(request, sink));
    int sent = HttpConnection.MOST_OUTSTANDING * 3;
    try (Wire wire = new Wire(listener)) {
      wire.send(post("/predictions/a", "x").repeat(sent));
      assertThat(answers).hasSize(HttpConnection.MOST_OUTSTANDING);
      assertThat(wire.channel.config().isAutoRead()).isFalse();

      for (int i = 0; i < sent; i++) {
        answers.get(i).run();
      }
      assertThat(wire.received().split("HTTP/1.1 200", -1)).hasSize(sent + 1);
      assertThat(wire.channel.config().isAutoRead()).isTrue();
    }
  }

  @Test
  void manyPipelinedPingsAreAnsweredWithoutDeepRecursion() {
    try (Wire wire = new Wire(listener)) {
      wire.send(get("/ping").repeat(5000));
      assertThat(wire.received().split("HTTP/1.1 200", -1)).hasSize(5001);
    }
  }

  @Test
  void aClientThatReadsNothingIsNotReadFrom() {
    try (Wire wire = new Wire(listener)) {
      wire.channel.unsafe().outboundBuffer().setUserDefinedWritability(1, false);
      wire.send(get("/ping").repeat(3));
      assertThat(wire.received()).isEmpty();

      wire.channel.unsafe().outboundBuffer().setUserDefinedWritability(1, true);
      assertThat(wire.received().split("HTTP/1.1 200", -1)).hasSize(4);
    }
  }

  @Test
  void connectionCloseIsHonoured() {
    try (Wire wire = new Wire(listener)) {
      wire.send("GET /ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" + get("/ping"));

      assertThat(wire.received()).contains("connection: close").containsOnlyOnce("Healthy");
      assertThat(wire.isOpen()).isFalse();
    }
  }

  @Test
  void http10ClosesUnlessAskedToStay() {
    try (Wire wire = new Wire(listener)) {
      wire.send("GET /ping HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
      assertThat(wire.received()).contains("connection: keep-alive");
      wire.send("GET /ping HTTP/1.0\r\n\r\n");
      assertThat(wire.received()).contains("connection: close");
      assertThat(wire.isOpen()).isFalse();
    }
  }

  @Test
  void expectContinueIsAnswered() {
    try (Wire wire = new Wire(listener)) {
      String head =
          "PUT /predictions/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n"
              + "Expect: 100-continue\r\n\r\n";
      wire.send(head);
      assertThat(wire.received()).isEqualTo("HTTP/1.1 100 Continue\r\n\r\n");
      wire.send("data");
      assertThat(wire.received()).startsWith("HTTP/1.1 200 OK").endsWith("data");
    }
  }

  @Test
  void expectContinueWaitsForItsTurn() {
    List<Runnable> answers = new ArrayList<>();
    server.handler = (request, sink) -> answers.add(() -> TestServer.echo(request, sink));
    try (Wire wire = new Wire(listener)) {
      wire.send(post("/predictions/a", "slow"));
      wire.send(
          "PUT /predictions/b HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n"
              + "Expect: 100-continue\r\n\r\n");
      assertThat(wire.received()).isEmpty();
      answers.get(0).run();
      assertThat(wire.received()).endsWith("slowHTTP/1.1 100 Continue\r\n\r\n");
      wire.send("fast");
      answers.get(1).run();
      assertThat(wire.received()).endsWith("fast");
    }
  }

  @Test
  void otherExpectationsFail() {
    try (Wire wire = new Wire(listener)) {
      wire.send("GET /ping HTTP/1.1\r\nHost: x\r\nExpect: magic\r\n\r\n");
      assertThat(wire.received()).startsWith("HTTP/1.1 417 ").contains("100-continue");
    }
  }

  @Test
  void aBodyThatIsAnnouncedTooLargeIsRefusedAtOnceWithTheLimit() {
    try (Wire wire = new Wire(listener)) {
      wire.send(
          "PUT /predictions/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100001\r\n"
              + "Expect: 100-continue\r\n\r\n");

      assertThat(wire.received())
          .startsWith("HTTP/1.1 413 ")
          .contains("100000 bytes, max_request_size", "connection: close")
          .doesNotContain("100 Continue");
      assertThat(wire.isOpen()).isFalse();
      assertThat(server.requests).isEmpty();
      assertThat(server.accessLines).hasSize(1);
    }
  }

  @Test
  void aChunkedBodyIsCutOffAtTheLimit() {
    try (Wire wire = new Wire(listener)) {
      wire.send("PUT /predictions/echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
      String chunk = "4000\r\n" + "x".repeat(0x4000) + "\r\n";
      for (int i = 0; i < 8 && wire.isOpen(); i++) {
        wire.send(chunk);
      }
      assertThat(wire.received()).startsWith("HTTP/1.1 413 ").containsOnlyOnce("HTTP/1.1");
    }
    assertThat(server.budget.usedBytes()).isZero();
  }

  @Test
  void bodiesOverTheSharedBudgetAreRefusedByName() {
    assertThat(server.budget.tryAcquire(300_000 - 10)).isTrue();
    try (Wire wire = new Wire(listener)) {
      wire.send(post("/predictions/echo", "x".repeat(11)));
      assertThat(wire.received())
          .startsWith("HTTP/1.1 503 ")
          .contains("QueueFullException", "max_inflight_bytes", "Retry-After: 1", "keep-alive");
      wire.send(post("/predictions/echo", "x".repeat(10)));
      assertThat(wire.received()).startsWith("HTTP/1.1 200 ");
    }
    assertThat(server.budget.usedBytes()).isEqualTo(300_000 - 10);
  }

  @Test
  void aRefusedUploadIsReadToItsEndSoThatTheConnectionGoesOn() {
    try (Wire wire = new Wire(listener)) {
      wire.send("POST /nowhere/at/all HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nabc");
      assertThat(wire.received()).startsWith("HTTP/1.1 404 ").contains("keep-alive");
      wire.send("def" + get("/ping"));
      assertThat(wire.received()).startsWith("HTTP/1.1 200 ");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "POST /predictions/e HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding:"
            + " chunked\r\n\r\n0\r\n\r\n",
        "POST /predictions/e HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\n"
            + "abcd",
        "POST /predictions/e HTTP/1.1\r\nHost: x\r\nContent-Length: 4, 4\r\n\r\nabcd",
        "POST /predictions/e HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "POST /predictions/e HTTP/1.1\r\nHost: x\r\nContent-Length: +4\r\n\r\nabcd",
        "POST /predictions/e HTTP/1.1\r\nHost: x\r\nContent-Length: 0x4\r\n\r\nabcd",
        "POST /predictions/e HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n"
            + "\r\n",
        "POST /predictions/e HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\n\r\n",
        "POST /predictions/e HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /predictions/e HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /predictions/e HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n",
        "POST /predictions/e HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nab\r\n",
        "POST /predictions/e HTTP/1.1\r\nHost: x\r\nContent-Length : 4\r\n\r\nabcd",
        "POST /predictions/e HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        "POST /predictions/e HTTP/1.1\r\n\r\n",
        "POST /predictions/e HTTP/1.1\r\nHost: x\r\nBad\u0000Name: y\r\n\r\n",
        "GET\r\n\r\n",
        "\u0016\u0003\u0001\u0002hello\r\n\r\n",
      })
  void ambiguousOrMalformedRequestsAreRefusedAndTheConnectionIsClosed(String request) {
    try (Wire wire = new Wire(listener)) {
      wire.send(request + get("/ping"));

      assertThat(wire.received())
          .startsWith("HTTP/1.1 400 ")
          .contains("BadRequestException", "connection: close", "content-type: application/json")
          .containsOnlyOnce("HTTP/1.1 400")
          .doesNotContain("Healthy");
      assertThat(wire.isOpen()).isFalse();
      assertThat(server.requests).isEmpty();
    }
  }

  @Test
  void limitsOfHeadersAndRequestLineAreNamed() {
    try (Wire wire = new Wire(listener)) {
      wire.send("GET /ping HTTP/1.1\r\nHost: x\r\nBig: " + "x".repeat(9000) + "\r\n\r\n");
      assertThat(wire.received()).startsWith("HTTP/1.1 431 ").contains("8192 bytes");
    }
    try (Wire wire = new Wire(listener)) {
      wire.send("GET /" + "x".repeat(9000) + " HTTP/1.1\r\nHost: x\r\n\r\n");
      assertThat(wire.received()).startsWith("HTTP/1.1 414 ").contains("8192 bytes");
    }
    try (Wire wire = new Wire(listener)) {
      wire.send("GET /ping HTTP/2.0\r\nHost: x\r\n\r\n");
      assertThat(wire.received()).startsWith("HTTP/1.1 505 ");
    }
  }

  @Test
  void headRequestsGetTheHeadOnly() {
    try (Wire wire = new Wire(listener)) {
      wire.send("HEAD /ping HTTP/1.1\r\nHost: x\r\n\r\n" + get("/livez"));
      String received = wire.received();
      assertThat(received).containsSubsequence("content-length: 26", "HTTP/1.1 200 OK", "Live");
      assertThat(received).doesNotContain("Healthy");
    }
  }

  @Test
  void idleConnectionsAreClosed() {
    try (Wire wire = new Wire(listener)) {
      wire.send(get("/ping"));
      assertThat(wire.received()).contains("Healthy");
      advance(wire, 59);
      assertThat(wire.isOpen()).isTrue();
      advance(wire, 10);
      assertThat(wire.isOpen()).isFalse();
      assertThat(wire.received()).isEmpty();
    }
  }

  @Test
  void aConnectionThatWaitsForItsModelIsNotIdle() {
    server.handler = (request, sink) -> request.release();
    try (Wire wire = new Wire(listener)) {
      wire.send(post("/predictions/echo", "x"));
      advance(wire, 1000);
      assertThat(wire.isOpen()).isTrue();
    }
  }

  @Test
  void aClientThatLeavesCancelsAllItsRequests() {
    AtomicInteger cancelled = new AtomicInteger();
    List<ResponseSink> sinks = new ArrayList<>();
    server.handler =
        (request, sink) -> {
          request.release();
          sinks.add(sink);
          sink.onCancel(cancelled::incrementAndGet);
        };
    try (Wire wire = new Wire(listener)) {
      wire.send(post("/predictions/a", "x") + post("/predictions/b", "y"));
      wire.send("PUT /predictions/c HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\npart");
      wire.channel.close();

      assertThat(cancelled).hasValue(2);
      assertThat(server.accessLines).hasSize(3).allMatch(line -> line.endsWith(" 499"));
      sinks.get(0).end(Replies.json(200, "too late"));
      sinks.get(1).fail(Failure.of(ErrorKind.CANCELLED, "left"));
      assertThat(wire.received()).isEmpty();
    }
    assertThat(server.budget.usedBytes()).isZero();
  }

  @Test
  void drainingEndsConnectionsWithTheirNextAnswer() {
    List<Runnable> answers = new ArrayList<>();
    server.handler = (request, sink) -> answers.add(() -> TestServer.echo(request, sink));
    try (Wire idle = new Wire(listener);
        Wire busy = new Wire(listener)) {
      busy.send(post("/predictions/a", "one") + post("/predictions/b", "two"));
      listener.drain();
      idle.channel.pipeline().fireUserEventTriggered(HttpConnection.Event.DRAIN);
      busy.channel.pipeline().fireUserEventTriggered(HttpConnection.Event.DRAIN);
      assertThat(idle.isOpen()).isFalse();
      assertThat(busy.isOpen()).isTrue();

      answers.get(0).run();
      answers.get(1).run();
      assertThat(busy.received())
          .containsSubsequence("keep-alive", "one", "connection: close", "two");
      assertThat(busy.isOpen()).isFalse();
    }
  }

  private void advance(Wire wire, long seconds) {
    for (long i = 0; i < seconds; i++) {
      server.nanos.addAndGet(TimeUnit.SECONDS.toNanos(1));
      wire.channel.advanceTimeBy(1, TimeUnit.SECONDS);
      wire.channel.runScheduledPendingTasks();
    }
  }

  static String get(String path) {
    return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  }

  static String post(String path, String body) {
    return "POST "
        + path
        + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
        + body.length()
        + "\r\n\r\n"
        + body;
  }
}
