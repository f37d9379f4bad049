package ai.mariner.rest;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.access.AccessPolicy;
import ai.mariner.core.config.Profile;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.message.InputPart;
import ai.mariner.core.message.Reply;
import ai.mariner.core.testing.ScopeTokens;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class OpenInferenceDialectTest {
  private final TestServer server = new TestServer();

  @ParameterizedTest
  @EnumSource(ErrorKind.class)
  void everyKindIsAnErrorStatus(ErrorKind kind) {
    assertThat(OpenInferenceErrors.status(kind)).isBetween(400, 599);
  }

  @ParameterizedTest
  @CsvSource({
    "BAD_REQUEST,400",
    "MODEL_NOT_FOUND,404",
    "MODEL_VERSION_NOT_FOUND,404",
    "NO_WORKER,400",
    "QUEUE_FULL,503",
    "DEADLINE_EXCEEDED,504",
    "RESPONSE_TIMEOUT,504",
    "HANDLER_FAILED,500",
    "WORKER_LOST,500",
    "UNAUTHENTICATED,401",
  })
  void statusesAreTheProtocolsUnderBothProfiles(ErrorKind kind, int status) {
    for (Profile profile : Profile.values()) {
      TestServer here = new TestServer(profile, AccessPolicy.OPEN, UnaryOperator.identity());
      here.handler =
          (request, sink) -> {
            request.release();
            sink.fail(Failure.of(kind, "it is so"));
          };
      try (Wire wire = new Wire(here.listener(Api.INFERENCE))) {
        String answer = wire.send(FramingTest.post("/v2/models/m/infer", "{}")).received();
        assertThat(answer).startsWith("HTTP/1.1 " + status + " ");
        assertThat(answer).contains("content-type: application/json");
        assertThat(answer.substring(answer.indexOf("\r\n\r\n") + 4))
            .isEqualTo("{\n  \"error\": \"it is so\"\n}\n");
      }
    }
  }

  @Test
  void aFullQueueSaysWhenToComeBackAndCausesAreShownOnlyWhenAskedFor() {
    Failure full = Failure.of(ErrorKind.QUEUE_FULL, "full").withDetail("why");
    assertThat(new OpenInferenceErrors(false).reply(full).headers())
        .containsExactly(new Reply.Header("Retry-After", "1"));
    assertThat(text(new OpenInferenceErrors(false).reply(full))).doesNotContain("why");
    assertThat(text(new OpenInferenceErrors(true).reply(full))).contains("\"full: why\"");
  }

  @Test
  void handlersChooseTheirStatus() {
    OpenInferenceErrors errors = new OpenInferenceErrors(false);
    assertThat(errors.reply(new Failure(ErrorKind.HANDLER_STATUS, "m", 418, null)).status())
        .isEqualTo(418);
    assertThat(errors.reply(new Failure(ErrorKind.HANDLER_STATUS, "m", 42, null)).status())
        .isEqualTo(500);
  }

  @Test
  void refusalsBeforeTheModelAreInTheDialectToo() {
    TestServer here =
        new TestServer(Profile.TORCHSERVE, new ScopeTokens(), UnaryOperator.identity());
    assertThat(ask(here, FramingTest.post("/v2/models/m/infer", "{}")))
        .startsWith("HTTP/1.1 401 ")
        .contains("WWW-Authenticate: Bearer", "\"error\": \"no token\"");
    assertThat(ask(here, FramingTest.post("/predictions/m", "{}")))
        .startsWith("HTTP/1.1 400 ")
        .contains("InvalidKeyException");
    assertThat(ask(server, "PUT /v2/models/m/ready HTTP/1.1\r\nHost: x\r\n\r\n"))
        .startsWith("HTTP/1.1 405 ")
        .contains("\r\nAllow: GET, HEAD\r\n", "\"error\":");
    String large = "x".repeat(TestServer.MAX_REQUEST_BYTES + 1);
    assertThat(ask(server, FramingTest.post("/v2/models/m/infer", large)))
        .startsWith("HTTP/1.1 413 ")
        .contains("\"error\": \"The request's body is too large");
    assertThat(ask(server, timeout("/v2/models/m/infer")))
        .startsWith("HTTP/1.1 400 ")
        .contains("\"error\": \"X-Request-Timeout-Ms: soon");
    assertThat(ask(server, timeout("/predictions/m"))).contains("BadRequestException");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "POST /v2/models/nope/infer | | 404 | Model not found: nope",
        "POST /v2/models/nope/explain | | 404 | Model not found: nope",
        "POST /v2/models/m/infer | Content-Encoding: br | 415 | Content-Encoding: br (expected:",
        "POST /v2/models/m/infer | Expect: a-miracle | 417 | Expect: a-miracle (expected:",
        "OPTIONS /v2/models/m/ready | Access-Control-Request-Method: PUT | 405 | Requested method",
      })
  void answersFromTheHeadAloneAreInTheDialectToo(
      String line, @Nullable String header, int status, String message) {
    server.absent.add("nope");
    String headers = header == null ? "" : header + "\r\n";
    String head = line + " HTTP/1.1\r\nHost: x\r\n" + headers + "Content-Length: 2\r\n\r\n";
    assertThat(ask(server, head))
        .startsWith("HTTP/1.1 " + status + " ")
        .contains("\"error\": \"" + message)
        .doesNotContain("\"type\"");
    assertThat(server.requests).isEmpty();
  }

  @Test
  void bodiesThatCantBeTakenAreRefusedInTheDialectToo() {
    String head = "POST /v2/models/m/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n";
    assertThat(ask(server, head + "Content-Encoding: gzip\r\n\r\n{}"))
        .startsWith("HTTP/1.1 400 ")
        .contains("\"error\": \"The request's body is not what its Content-Encoding says");
    try (Wire wire = new Wire(server.listener(Api.INFERENCE))) {
      wire.send(head + "\r\n");
      for (int seconds = 0; seconds < 60 && wire.isOpen(); seconds++) {
        long second = TimeUnit.SECONDS.toNanos(1);
        server.nanos.addAndGet(second);
        wire.channel.advanceTimeBy(second, TimeUnit.NANOSECONDS);
        wire.channel.runPendingTasks();
      }
      assertThat(wire.received())
          .startsWith("HTTP/1.1 408 ")
          .contains("\"error\": \"The request's body came too slowly");
    }
  }

  @Test
  void inputsOfOneNameAreAllReachable() {
    String form = "a=1&a=2";
    String head = "POST /v2/models/m/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\n";
    ask(server, head + "Content-Type: application/x-www-form-urlencoded\r\n\r\n" + form);
    assertThat(server.requests.get(0).parts())
        .extracting(InputPart::name)
        .containsExactly("a[0]", "a");
  }

  @Test
  void theBodyIsTheHandlersInput() {
    String answer = ask(server, FramingTest.post("/v2/models/echo/infer", "{\"inputs\": []}"));
    assertThat(answer).startsWith("HTTP/1.1 200 ").endsWith("{\"inputs\": []}");
    assertThat(server.requests.get(0).parts().get(0).name()).isEqualTo("body");
  }

  @Test
  void oneConnectionSpeaksTheDialectOfEachRoute() {
    try (Wire wire = new Wire(server.listener(Api.INFERENCE))) {
      String both = FramingTest.get("/v2/models/nope/ready") + FramingTest.get("/nothing");
      assertThat(wire.send(both).received())
          .contains("\"error\": \"Model not found: nope\"", "ResourceNotFoundException");
    }
  }

  private static String timeout(String path) {
    return "GET " + path + " HTTP/1.1\r\nHost: x\r\nX-Request-Timeout-Ms: soon\r\n\r\n";
  }

  private static String ask(TestServer server, String request) {
    try (Wire wire = new Wire(server.listener(Api.INFERENCE))) {
      return wire.send(request).received();
    }
  }

  private static String text(Reply reply) {
    return StandardCharsets.UTF_8.decode(reply.body().bytes()).toString();
  }
}
