package ai.mariner.rest;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.message.Body;
import ai.mariner.core.message.Reply;
import ai.mariner.core.message.ResponseSink;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2StreamChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** HTTP/2 of clients that know beforehand that it is spoken. */
class StreamedConnectionTest {
  private final TestServer server = new TestServer();
  private final Listener listener = server.listener(Api.INFERENCE);
  private final List<ResponseSink> sinks = new ArrayList<>();

  private void answerLater() {
    server.handler =
        (request, sink) -> {
          request.release();
          sinks.add(sink);
        };
  }

  private static Reply piece(String text) {
    return new Reply(null, null, null, List.of(), Body.of(text.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void aRequestIsAnsweredWithoutWhatConcernsConnections() {
    try (StreamWire wire = new StreamWire(listener)) {
      StreamWire.Answer answer = wire.ask("POST", "/predictions/m", "x");
      assertThat(answer.status()).isEqualTo("200");
      assertThat(answer.body).hasToString("x");
      assertThat(answer.ended).isTrue();
      assertThat(answer.header("content-length")).isEqualTo("1");
      assertThat(answer.header("x-request-id")).isNotEqualTo("null");
      assertThat(answer.header("connection")).isEqualTo("null");
      StreamWire.Answer ping = wire.ask("GET", "/ping", "");
      assertThat(ping.body).asString().contains("Healthy");
      assertThat(wire.ask("GET", "/nowhere", "").status()).isEqualTo("404");
      assertThat(wire.ask("HEAD", "/ping", "").body).isEmpty();
      assertThat(server.statuses).containsExactly(200, 200, 404, 200);
      assertThat(wire.isOpen()).isTrue();
    }
  }

  @Test
  void theFirstLineMayComeByteByByte() {
    try (StreamWire wire = new StreamWire(listener)) {
      Http2StreamChannel stream = wire.open(StreamWire.head("GET", "/ping"), true);
      wire.drip();
      assertThat(wire.answer(stream).status()).isEqualTo("200");
    }
  }

  @Test
  void requestsAreAnsweredInAnyOrder() {
    answerLater();
    try (StreamWire wire = new StreamWire(listener)) {
      Http2StreamChannel first = wire.open(StreamWire.head("GET", "/predictions/m"), true);
      Http2StreamChannel second = wire.open(StreamWire.head("GET", "/predictions/m"), true);
      wire.pump();
      sinks.get(1).end(piece("b"));
      wire.pump();
      assertThat(wire.answer(second).body).hasToString("b");
      assertThat(wire.answer(first).headers).isNull();
      sinks.get(0).end(piece("a"));
      wire.pump();
      assertThat(wire.answer(first).body).hasToString("a");
    }
  }

  @Test
  void piecesLeaveAsTheyComeAndAFailureBreaksTheStreamOff() {
    answerLater();
    try (StreamWire wire = new StreamWire(listener)) {
      Http2StreamChannel good = wire.open(StreamWire.head("GET", "/predictions/m"), true);
      Http2StreamChannel bad = wire.open(StreamWire.head("GET", "/predictions/m"), true);
      wire.pump();
      for (ResponseSink sink : sinks) {
        sink.next(piece("one "));
        // An embedded channel would flush in the middle of the next frame.
        wire.pump();
      }
      assertThat(wire.answer(good).body).hasToString("one ");
      assertThat(wire.answer(good).header("transfer-encoding")).isEqualTo("null");
      sinks.get(0).end(piece("two"));
      sinks.get(1).fail(Failure.of(ErrorKind.HANDLER_FAILED, "Prediction failed"));
      wire.pump();
      assertThat(wire.answer(good).body).hasToString("one two");
      assertThat(wire.answer(good).ended).isTrue();
      assertThat(wire.answer(bad).ended).isFalse();
      assertThat(wire.answer(bad).reset).isNotNull();
    }
  }

  @Test
  void aClientThatGivesAStreamUpCancelsItsRequestAlone() {
    answerLater();
    AtomicInteger cancelled = new AtomicInteger();
    try (StreamWire wire = new StreamWire(listener)) {
      Http2StreamChannel left = wire.open(StreamWire.head("GET", "/predictions/m"), true);
      Http2StreamChannel stays = wire.open(StreamWire.head("GET", "/predictions/m"), true);
      wire.pump();
      sinks.get(0).onCancel(cancelled::incrementAndGet);
      sinks.get(1).onCancel(cancelled::incrementAndGet);
      wire.reset(left);
      wire.pump();
      assertThat(cancelled).hasValue(1);
      sinks.get(1).end(piece("b"));
      wire.pump();
      assertThat(wire.answer(stays).body).hasToString("b");
    }
  }

  @Test
  void aLargeBodyGoesBothWaysInFrames() {
    try (StreamWire wire = new StreamWire(listener)) {
      String large = "y".repeat(90_000);
      StreamWire.Answer answer = wire.ask("POST", "/predictions/m", large);
      assertThat(answer.status()).isEqualTo("200");
      assertThat(answer.body.toString()).isEqualTo(large);
      assertThat(answer.frames).isGreaterThan(1);
    }
  }

  @Test
  void aBodyAboveTheLimitIsRefusedAndTheConnectionGoesOn() {
    try (StreamWire wire = new StreamWire(listener)) {
      Http2StreamChannel stream = wire.open(StreamWire.head("POST", "/predictions/m"), false);
      wire.pump();
      String large = "y".repeat(60_000);
      wire.send(stream, large, false);
      wire.send(stream, large, false);
      wire.pump();
      assertThat(wire.answer(stream).status()).isEqualTo("413");
      assertThat(wire.answer(stream).ended).isTrue();
      assertThat(wire.answer(stream).reset).isEqualTo(Http2Error.NO_ERROR);
      assertThat(wire.ask("GET", "/ping", "").status()).isEqualTo("200");
    }
  }

  @Test
  void headersAboveTheLimitAreRefused() {
    try (StreamWire wire = new StreamWire(listener)) {
      Http2Headers head = StreamWire.head("GET", "/ping");
      for (int i = 0; i < 65; i++) {
        head.add("x-" + i, "y".repeat(100));
      }
      Http2StreamChannel stream = wire.open(head, true);
      wire.pump();
      assertThat(wire.answer(stream).status()).isEqualTo("431");
    }
  }

  @Test
  void aRequestThatIsNoneIsReset() {
    try (StreamWire wire = new StreamWire(listener)) {
      wire.ask("GET", "/ping", "");
      Http2Headers head = StreamWire.head("GET", "/ping");
      head.remove(":path");
      Http2StreamChannel stream = wire.open(head, true);
      wire.pump();
      assertThat(wire.answer(stream).reset).isEqualTo(Http2Error.PROTOCOL_ERROR);
    }
  }

  @Test
  void aClientThatOnlyOpensAndGivesUpIsShutOut() {
    answerLater();
    try (StreamWire wire = new StreamWire(listener)) {
      for (int i = 0; i < 300 && wire.isOpen(); i++) {
        Http2StreamChannel stream = wire.open(StreamWire.head("GET", "/predictions/m"), true);
        wire.reset(stream);
        wire.pump();
      }
      assertThat(wire.isOpen()).isFalse();
      assertThat(wire.told()).isTrue();
    }
  }

  @Test
  void aListenerThatDrainsFinishesItsStreams() {
    answerLater();
    try (StreamWire wire = new StreamWire(listener)) {
      Http2StreamChannel stream = wire.open(StreamWire.head("GET", "/predictions/m"), true);
      wire.pump();
      listener.drain();
      wire.server.channel.pipeline().fireUserEventTriggered(HttpConnection.Event.DRAIN);
      wire.pump();
      assertThat(wire.told()).isTrue();
      assertThat(wire.isOpen()).isTrue();
      sinks.get(0).end(piece("a"));
      wire.pump();
      assertThat(wire.answer(stream).body).hasToString("a");
      assertThat(wire.isOpen()).isFalse();
    }
  }

  @Test
  void anIdleConnectionEnds() {
    try (StreamWire wire = new StreamWire(listener)) {
      wire.ask("GET", "/ping", "");
      server.nanos.addAndGet(listener.idleNanos() + 1);
      wire.server.channel.advanceTimeBy(
          2 * listener.tickNanos(), java.util.concurrent.TimeUnit.NANOSECONDS);
      wire.server.channel.runScheduledPendingTasks();
      assertThat(wire.isOpen()).isFalse();
    }
  }
}
