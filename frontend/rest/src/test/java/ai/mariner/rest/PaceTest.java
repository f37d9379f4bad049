package ai.mariner.rest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How slowly and how much clients may send, and what is said before they have sent it all. */
class PaceTest {
  private static final String HEAD = " HTTP/1.1\r\nHost: localhost\r\n";

  private final TestServer server = new TestServer();
  private final Listener listener = server.listener(Api.INFERENCE);

  @Test
  void headersThatDripEndWithTheirOwnLimit() {
    try (Wire wire = new Wire(listener)) {
      wire.send("GET /ping" + HEAD + "X: ");
      for (int i = 0; i < 29; i++) {
        wire.send("x");
        advance(wire, 1);
      }
      assertThat(wire.received()).isEmpty();
      wire.send("x");
      advance(wire, 2);
      assertThat(wire.received())
          .startsWith("HTTP/1.1 408 ")
          .contains("headers came too slowly", "30000 ms, header_timeout");
      assertThat(wire.isOpen()).isFalse();
    }
  }

  @Test
  void theHeadersOfALaterRequestHaveTheWholeLimit() {
    try (Wire wire = new Wire(listener)) {
      wire.send("GET /ping");
      advance(wire, 20);
      wire.send(HEAD + "\r\nGET /ping");
      advance(wire, 20);
      wire.send(HEAD + "\r\n");
      assertThat(wire.received()).containsSubsequence("Healthy", "Healthy").doesNotContain("408");
    }
  }

  @Test
  void aLineEndBehindABodyBeginsNoRequest() {
    try (Wire wire = new Wire(listener)) {
      wire.send(FramingTest.post("/predictions/echo", "x"));
      wire.send("\r\n");
      advance(wire, 50);
      wire.send(FramingTest.get("/ping"));
      assertThat(wire.received()).containsSubsequence("200 OK", "200 OK").doesNotContain("408");
    }
  }

  @Test
  void aBodyThatComesFastEnoughTakesWhatTimeItNeeds() {
    try (Wire wire = new Wire(listener)) {
      wire.send("PUT /predictions/echo" + HEAD + "Content-Length: 30000\r\n\r\n");
      for (int i = 0; i < 100; i++) {
        wire.send("x".repeat(300));
        advance(wire, 1);
      }
      assertThat(wire.received()).startsWith("HTTP/1.1 200 ");
    }
  }

  @Test
  void aBodyBelowTheLeastRateIsRefusedByName() {
    try (Wire wire = new Wire(listener)) {
      wire.send("PUT /predictions/echo" + HEAD + "Content-Length: 30000\r\n\r\n");
      for (int i = 0; i < 60 && wire.isOpen(); i++) {
        wire.send("x".repeat(200));
        advance(wire, 1);
      }
      assertThat(wire.received())
          .startsWith("HTTP/1.1 408 ")
          .contains("body came too slowly", "240 bytes a second, min_body_rate");
    }
    assertThat(server.budget.usedBytes()).isZero();
  }

  @Test
  void aServerThatStoodStillDoesNotBlameItsClients() {
    try (Wire wire = new Wire(listener)) {
      wire.send("PUT /predictions/echo" + HEAD + "Content-Length: 4\r\n\r\n");
      server.nanos.addAndGet(TimeUnit.HOURS.toNanos(1));
      advance(wire, 1);
      wire.send("body");
      assertThat(wire.received()).startsWith("HTTP/1.1 200 ");
    }
  }

  @Test
  void theNumberOfHeadersIsBounded() {
    try (Wire wire = new Wire(listener)) {
      wire.send("GET /ping" + HEAD + "a: b\r\n".repeat(199) + "\r\n");
      assertThat(wire.received()).startsWith("HTTP/1.1 200 ");
      wire.send("GET /ping" + HEAD + "a: b\r\n".repeat(200) + "\r\n");
      assertThat(wire.received())
          .startsWith("HTTP/1.1 431 ")
          .contains("Headers: 201 (expected: at most 200, max_headers)", "connection: close");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/predictions/nope", "/v1/models/nope:predict", "/nope/predict",
        "/models/nope/invoke", "/invocations?model_name=nope", "/nowhere/at/all"
      })
  void whatTheHeadTellsIsAnsweredInsteadOfAskedFor(String path) {
    server.absent.add("nope");
    try (Wire wire = new Wire(listener)) {
      wire.send("POST " + path + HEAD + "Content-Length: 9\r\nExpect: 100-continue\r\n\r\n");
      assertThat(wire.received())
          .startsWith("HTTP/1.1 404 ")
          .contains("connection: close")
          .doesNotContain("100 Continue");
      assertThat(wire.isOpen()).isFalse();
    }
    assertThat(server.requests).isEmpty();
  }

  @Test
  void aModelThatIsNotThereIsToldBeforeTheBodyAndTheConnectionGoesOn() {
    server.absent.add("nope");
    try (Wire wire = new Wire(listener)) {
      wire.send("POST /predictions/nope" + HEAD + "Content-Length: 6\r\n\r\nabc");
      assertThat(wire.received()).startsWith("HTTP/1.1 404 ").contains("keep-alive");
      wire.send("def" + FramingTest.get("/ping"));
      assertThat(wire.received()).startsWith("HTTP/1.1 200 ");
    }
  }

  @Test
  void aBodyThatNeverComesIsNotWaitedForAfterTheAnswer() {
    try (Wire wire = new Wire(listener)) {
      wire.send("POST /nowhere/at/all" + HEAD + "Content-Length: 6\r\n\r\n");
      assertThat(wire.received()).startsWith("HTTP/1.1 404 ");
      advance(wire, 1);
      assertThat(wire.isOpen()).isTrue();
      advance(wire, 3);
      assertThat(wire.isOpen()).isFalse();
    }
  }

  @Test
  void anUnwantedBodyThatDripsIsNotReadForEver() {
    try (Wire wire = new Wire(listener)) {
      wire.send("POST /nowhere/at/all" + HEAD + "Content-Length: 60000\r\n\r\n");
      for (int i = 0; i < 10 && wire.isOpen(); i++) {
        wire.send("x".repeat(1000));
        advance(wire, 1);
      }
      assertThat(wire.isOpen()).isFalse();
    }
  }

  @Test
  void anUnwantedBodyIsReadUpToALimit() {
    try (Wire wire = new Wire(listener)) {
      wire.send("POST /nowhere/at/all" + HEAD + "Transfer-Encoding: chunked\r\n\r\n");
      String chunk = "8000\r\n" + "x".repeat(0x8000) + "\r\n";
      int chunks = 0;
      while (wire.isOpen() && chunks < 100) {
        wire.send(chunk);
        chunks++;
      }
      assertThat((long) chunks * 0x8000)
          .isBetween(Patience.MOST_BYTES, Patience.MOST_BYTES + 0x10000);
      assertThat(wire.received()).startsWith("HTTP/1.1 404 ");
    }
  }

  @Test
  void anAnswerBeforeALargeBodySaysThatItIsTheLast() {
    try (Wire wire = new Wire(listener)) {
      wire.send("POST /nowhere/at/all" + HEAD + "Content-Length: 50000000\r\n\r\n");
      assertThat(wire.received()).startsWith("HTTP/1.1 404 ").contains("connection: close");
      assertThat(wire.isOpen()).isFalse();
    }
  }

  private void advance(Wire wire, long seconds) {
    for (long i = 0; i < seconds; i++) {
      server.nanos.addAndGet(TimeUnit.SECONDS.toNanos(1));
      wire.channel.advanceTimeBy(1, TimeUnit.SECONDS);
      wire.channel.runScheduledPendingTasks();
    }
  }
}
