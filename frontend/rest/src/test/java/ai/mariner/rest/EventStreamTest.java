package ai.mariner.rest;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.message.Body;
import ai.mariner.core.message.Reply;
import ai.mariner.core.message.ResponseSink;
import ai.mariner.net.NettyBody;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EventStreamTest {
  private static final String EVENTS = "Accept: text/event-stream\r\n";

  private final TestServer server = new TestServer();
  private final Listener listener = server.listener(Api.INFERENCE);
  private final List<ResponseSink> sinks = new ArrayList<>();

  EventStreamTest() {
    server.handler =
        (request, sink) -> {
          request.release();
          sinks.add(sink);
        };
  }

  private static String get(String path, String headers) {
    return "GET " + path + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n";
  }

  private ResponseSink ask(Wire wire, String headers) {
    wire.send(get("/predictions/m", headers));
    return sinks.get(sinks.size() - 1);
  }

  private static Reply piece(Wire wire, byte[] bytes) {
    Body body = NettyBody.owning(wire.allocator().heapBuffer(bytes.length + 1).writeBytes(bytes));
    return new Reply(null, null, "text/plain", List.of(), body);
  }

  private static Reply piece(Wire wire, String text) {
    return piece(wire, text.getBytes(StandardCharsets.UTF_8));
  }

  private static String chunk(String text) {
    return Integer.toHexString(text.getBytes(StandardCharsets.UTF_8).length)
        + "\r\n"
        + text
        + "\r\n";
  }

  @Test
  void eachPieceIsAnEventAndTheEndIsThatOfTheAnswer() {
    try (Wire wire = new Wire(listener)) {
      ResponseSink sink = ask(wire, EVENTS);
      sink.next(piece(wire, " first"));
      assertThat(wire.received())
          .startsWith("HTTP/1.1 200 OK\r\n")
          .contains(
              "content-type: text/event-stream; charset=utf-8\r\n",
              "Cache-Control: no-cache\r\n",
              "transfer-encoding: chunked\r\n")
          .doesNotContain("no-store", "text/plain")
          .endsWith("\r\n\r\n" + chunk("data:  first\n\n"));
      sink.next(piece(wire, "one\ntwo\r\nthree\rfour\n"));
      assertThat(wire.received())
          .isEqualTo(chunk("data: one\ndata: two\ndata: three\ndata: four\ndata: \n\n"));
      sink.next(piece(wire, ""));
      assertThat(wire.received()).isEmpty();
      sink.next(piece(wire, new byte[] {'a', (byte) 0xff}));
      assertThat(wire.received()).isEqualTo(chunk("event: base64\ndata: Yf8=\n\n"));
      sink.end(piece(wire, "\u00e9"));
      assertThat(wire.received()).isEqualTo(chunk("data: \u00e9\n\n") + "0\r\n\r\n");
      wire.send(FramingTest.get("/ping"));
      assertThat(wire.received()).contains("Healthy");
    }
  }

  @Test
  void anEmptyEndAddsNoEvent() {
    try (Wire wire = new Wire(listener)) {
      ResponseSink sink = ask(wire, EVENTS);
      sink.next(piece(wire, "a"));
      wire.received();
      sink.end(piece(wire, ""));
      assertThat(wire.received()).isEqualTo("0\r\n\r\n");
    }
  }

  @Test
  void aFailureBehindTheFirstPieceIsAnEventAndTheConnectionLives() {
    try (Wire wire = new Wire(listener)) {
      ResponseSink sink = ask(wire, EVENTS);
      sink.next(piece(wire, "a"));
      wire.received();
      sink.fail(Failure.of(ErrorKind.WORKER_LOST, "Worker died."));
      assertThat(wire.received())
          .contains(
              "event: error\ndata: { \"code\": 500, \"type\": \"InternalServerException\",",
              " \"message\": \"Worker died.\" }\n\n")
          .endsWith("0\r\n\r\n");
      wire.send(FramingTest.get("/ping"));
      assertThat(wire.received()).contains("Healthy");
    }
  }

  @Test
  void theErrorIsInTheRoutesDialect() {
    try (Wire wire = new Wire(listener)) {
      wire.send(get("/v2/models/m/infer", EVENTS));
      sinks.get(0).next(piece(wire, "a"));
      sinks.get(0).fail(Failure.of(ErrorKind.DEADLINE_EXCEEDED, "too late"));
      assertThat(wire.received()).contains("event: error\ndata: { \"error\": \"too late\" }\n\n");
    }
  }

  @Test
  void aFailureBeforeTheFirstPieceIsAStatus() {
    try (Wire wire = new Wire(listener)) {
      ask(wire, EVENTS).fail(Failure.of(ErrorKind.QUEUE_FULL, "full"));
      assertThat(wire.received())
          .startsWith("HTTP/1.1 503 ")
          .contains("content-type: application/json", "QueueFullException")
          .doesNotContain("event");
    }
  }

  @Test
  void anAnswerThatIsNotStreamedIsOneEvent() {
    try (Wire wire = new Wire(listener)) {
      ask(wire, EVENTS).end(piece(wire, "all"));
      assertThat(wire.received())
          .contains("content-length: 11\r\n", "text/event-stream")
          .endsWith("\r\n\r\ndata: all\n\n");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "text/event-stream                           | true  | true",
        "TEXT/Event-Stream; charset=utf-8            | true  | true",
        "text/event-stream, */*;q=0.1                | true  | true",
        "application/json, text/event-stream         | true  | false",
        "application/json;q=0.5, text/event-stream   | true  | true",
        "text/event-stream;q=0, application/json     | false | false",
        "application/json                            | false | false",
        "*/*                                         | false | false",
        "text/event-streams-of-mine                  | false | false",
      })
  void theClientChoosesByAccept(String accept, boolean streamed, boolean whole) {
    try (Wire wire = new Wire(listener)) {
      ResponseSink stream = ask(wire, "Accept: " + accept + "\r\n");
      stream.next(piece(wire, "a"));
      stream.end(piece(wire, "b"));
      assertThat(wire.received().contains("data: a\n\n")).isEqualTo(streamed);
      ask(wire, "Accept: " + accept + "\r\n").end(piece(wire, "c"));
      assertThat(wire.received().endsWith("data: c\n\n")).isEqualTo(whole);
    }
  }

  @Test
  void eventsOfTheHandlersOwnAndErrorsThatItChoseStayAsTheyAre() {
    try (Wire wire = new Wire(listener)) {
      Body own = piece(wire, "data: mine\n\n").body();
      ask(wire, EVENTS).end(new Reply(null, null, "text/event-stream", List.of(), own));
      assertThat(wire.received()).endsWith("\r\n\r\ndata: mine\n\n").doesNotContain("data: data");
      Body told = piece(wire, "no tea").body();
      ask(wire, EVENTS).end(new Reply(418, null, "text/plain", List.of(), told));
      assertThat(wire.received()).contains("text/plain").endsWith("\r\n\r\nno tea");
    }
  }

  @Test
  void aSilentStreamIsKeptAliveByComments() {
    long keepAlive = Duration.ofSeconds(15).toNanos();
    try (Wire wire = new Wire(listener)) {
      ResponseSink sink = ask(wire, EVENTS);
      pass(wire, keepAlive);
      assertThat(wire.received()).as("a status may still come").isEmpty();
      sink.next(piece(wire, "a"));
      wire.received();
      pass(wire, keepAlive / 2);
      assertThat(wire.received()).isEmpty();
      pass(wire, keepAlive / 2);
      assertThat(wire.received()).isEqualTo(chunk(": keep-alive\n\n"));
      pass(wire, keepAlive / 2);
      sink.next(piece(wire, "b"));
      wire.received();
      pass(wire, keepAlive / 2);
      assertThat(wire.received()).as("the piece was sign enough").isEmpty();
      sink.end(piece(wire, ""));
      wire.received();
      pass(wire, keepAlive);
      assertThat(wire.received()).isEmpty();
    }
  }

  @Test
  void aSlowRequestBehindASilentStreamKeepsNoCommentBack() {
    try (Wire wire = new Wire(listener)) {
      ResponseSink sink = ask(wire, EVENTS);
      sink.next(piece(wire, "a"));
      wire.received();
      wire.send("PUT /predictions/m HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n");
      for (int seconds = 0; seconds < 40; seconds++) {
        pass(wire, Duration.ofSeconds(1).toNanos());
      }
      String comment = chunk(": keep-alive\n\n");
      assertThat(wire.received()).isEqualTo(comment + comment);
      sink.end(piece(wire, ""));
      assertThat(wire.received()).startsWith("0\r\n\r\nHTTP/1.1 408 ");
    }
  }

  private void pass(Wire wire, long nanos) {
    server.nanos.addAndGet(nanos);
    wire.channel.advanceTimeBy(nanos, TimeUnit.NANOSECONDS);
    wire.channel.runPendingTasks();
  }

  @Test
  void theBacklogCountsPiecesNotEvents() {
    try (Wire wire = new Wire(listener)) {
      wire.send(get("/predictions/a", EVENTS) + get("/predictions/b", EVENTS));
      ResponseSink second = sinks.get(1);
      second.next(piece(wire, "\n".repeat(70_000)));
      assertThat(second.isReady()).isFalse();
      assertThat(second.bufferedBytes()).isEqualTo(70_000);
      sinks.get(0).end(piece(wire, "first"));
      wire.received();
      assertThat(second.bufferedBytes()).isZero();
      assertThat(second.isReady()).isTrue();
    }
  }

  @Test
  void aClientThatLeavesIsToldToTheModel() {
    try (Wire wire = new Wire(listener)) {
      ResponseSink sink = ask(wire, EVENTS);
      List<String> told = new ArrayList<>();
      sink.onCancel(() -> told.add("left"));
      sink.next(piece(wire, "a"));
      wire.received();
      wire.channel.close();
      assertThat(told).containsExactly("left");
      sink.next(piece(wire, "late"));
      sink.fail(Failure.of(ErrorKind.CANCELLED, "left"));
      assertThat(wire.received()).isEmpty();
    }
  }

  @Test
  void http10AndHeadHaveTheirWay() {
    try (Wire wire = new Wire(listener)) {
      wire.send("HEAD /predictions/m HTTP/1.1\r\nHost: x\r\n" + EVENTS + "\r\n");
      sinks.get(0).next(piece(wire, "a"));
      sinks.get(0).fail(Failure.of(ErrorKind.WORKER_LOST, "Worker died."));
      assertThat(wire.received()).contains("text/event-stream").endsWith("\r\n\r\n");
      wire.send("GET /predictions/m HTTP/1.0\r\n" + EVENTS + "\r\n");
      sinks.get(1).next(piece(wire, "a"));
      sinks.get(1).fail(Failure.of(ErrorKind.WORKER_LOST, "Worker died."));
      assertThat(wire.received())
          .contains("\r\n\r\ndata: a\n\nevent: error\ndata: { ")
          .endsWith(" }\n\n")
          .doesNotContain("chunked");
      assertThat(wire.isOpen()).isFalse();
    }
  }
}
