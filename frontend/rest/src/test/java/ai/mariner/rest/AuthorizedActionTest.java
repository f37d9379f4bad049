package ai.mariner.rest;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.access.AskedCall;
import ai.mariner.core.access.CallArea;
import ai.mariner.core.access.CallAuthorizer;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Calls that wait for an operator's authorizer. */
class AuthorizedActionTest implements CallAuthorizer {
  private final TestServer server = new TestServer();
  private final List<AskedCall> asked = new ArrayList<>();
  private final List<Consumer<@Nullable Failure>> waiting = new ArrayList<>();
  private Set<CallArea> areas = EnumSet.allOf(CallArea.class);

  AuthorizedActionTest() {
    server.authorizer = this;
  }

  @Override
  public boolean guards(CallArea area) {
    return areas.contains(area);
  }

  @Override
  public void authorize(AskedCall call, Consumer<@Nullable Failure> outcome) {
    asked.add(call);
    waiting.add(outcome);
  }

  private Wire wire(Api... apis) {
    return new Wire(server.listener(apis.length == 0 ? new Api[] {Api.INFERENCE} : apis));
  }

  private static String post(String path, String body) {
    return "POST "
        + path
        + " HTTP/1.1\r\nHost: x\r\nX-User: eve\r\nContent-Length: "
        + body.length()
        + "\r\n\r\n"
        + body;
  }

  private static Failure refusal(int status) {
    return new Failure(ErrorKind.REFUSED, "Not you.", status, null);
  }

  @Test
  void aCallGoesOnWhenTheAuthorizerAllowsIt() {
    try (Wire wire = wire()) {
      wire.send(post("/predictions/echo/2.0?q=1", "hello"));
      assertThat(wire.received()).isEmpty();
      assertThat(server.requests).isEmpty();
      waiting.get(0).accept(null);
      assertThat(wire.received()).startsWith("HTTP/1.1 200").endsWith("hello");
      AskedCall call = asked.get(0);
      assertThat(call.area()).isEqualTo(CallArea.INFERENCE);
      assertThat(call.method()).isEqualTo("POST");
      assertThat(call.route()).isEqualTo("/predictions/{model}/{version}");
      assertThat(call.target()).isEqualTo("/predictions/echo/2.0?q=1");
      assertThat(call.model()).isEqualTo("echo");
      assertThat(call.version()).isEqualTo("2.0");
      assertThat(call.headers().first("x-user")).isEqualTo("eve");
    }
  }

  @ParameterizedTest
  @CsvSource({"400", "401", "403", "429", "503", "599"})
  void aRefusalHasTheStatusThatTheAuthorizerChose(int status) {
    try (Wire wire = wire()) {
      wire.send(post("/predictions/echo", "hello"));
      waiting.get(0).accept(refusal(status));
      assertThat(wire.received()).startsWith("HTTP/1.1 " + status).contains("Not you.");
      assertThat(server.requests).isEmpty();
      wire.send(post("/v2/models/echo/infer", "{}"));
      waiting.get(1).accept(refusal(status));
      assertThat(wire.received())
          .startsWith("HTTP/1.1 " + status)
          .contains("\"error\": \"Not you.\"");
    }
  }

  @Test
  void strangersAreNotToldWhichModelsThereAre() {
    server.absent.add("secret");
    try (Wire wire = wire()) {
      wire.send(post("/predictions/secret", "hello"));
      assertThat(wire.received()).isEmpty();
      waiting.get(0).accept(refusal(403));
      assertThat(wire.received()).startsWith("HTTP/1.1 403");
    }
  }

  @Test
  void answersLeaveInTheOrderOfTheRequestsWhateverIsAllowedFirst() {
    try (Wire wire = wire()) {
      wire.send(post("/predictions/echo", "one") + post("/predictions/echo", "two"));
      waiting.get(1).accept(null);
      assertThat(wire.received()).isEmpty();
      waiting.get(0).accept(null);
      String all = wire.received();
      assertThat(all.indexOf("one")).isPositive().isLessThan(all.indexOf("two"));
    }
  }

  @Test
  void aClientThatHasLeftIsNotServedAndItsBodyIsGivenBack() {
    Wire wire = wire();
    wire.send(post("/predictions/echo", "hello"));
    wire.channel.close();
    waiting.get(0).accept(null);
    wire.close();
    assertThat(server.requests).isEmpty();
  }

  @Test
  void healthAndDescriptionsAreNotAskedAbout() {
    try (Wire wire = wire(Api.INFERENCE, Api.MANAGEMENT)) {
      for (String path : List.of("/ping", "/livez", "/readyz", "/api-description", "/")) {
        wire.send("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
        assertThat(wire.received()).as(path).startsWith("HTTP/1.1 200");
      }
    }
    assertThat(asked).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        "GET /models,MANAGEMENT,/models,-",
        "GET /models/echo,MANAGEMENT,/models/{model},echo",
        "PUT /models/echo/2.0/set-default,MANAGEMENT,/models/{model}/{version}/set-default,echo",
        "POST /invocations?model_name=echo,INFERENCE,/invocations,echo",
        "GET /metrics,METRICS,/metrics,-",
      })
  void eachAreaIsAskedAbout(String line, CallArea area, String route, String model) {
    try (Wire wire = wire(Api.values())) {
      wire.send(line + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
      waiting.get(0).accept(refusal(418));
      assertThat(wire.received()).startsWith("HTTP/1.1 418");
    }
    assertThat(asked.get(0).area()).isEqualTo(area);
    assertThat(asked.get(0).route()).isEqualTo(route);
    assertThat(asked.get(0).model()).isEqualTo(model);
  }

  @Test
  void whatItDoesNotWantToKnowIsServedAsEver() {
    areas = EnumSet.of(CallArea.MANAGEMENT);
    try (Wire wire = wire(Api.INFERENCE, Api.METRICS)) {
      wire.send(post("/predictions/echo", "hello"));
      assertThat(wire.received()).startsWith("HTTP/1.1 200");
      wire.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
      assertThat(wire.received()).startsWith("HTTP/1.1 200");
    }
    assertThat(asked).isEmpty();
  }
}
