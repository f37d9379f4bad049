package ai.mariner.rest;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.access.AccessPolicy;
import ai.mariner.core.access.TokenScope;
import ai.mariner.core.config.CorsConfig;
import ai.mariner.core.config.ListenerAddress;
import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.Profile;
import ai.mariner.core.config.ProgramOptions;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.message.Operation;
import ai.mariner.core.model.Completion;
import ai.mariner.core.model.RegisterModel;
import ai.mariner.core.model.ScaleModel;
import ai.mariner.core.model.SwapModel;
import ai.mariner.core.testing.ScopeTokens;
import ai.mariner.core.testing.ServerConfigBuilder;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ManagementRoutesTest {
  private final TestServer server = new TestServer();

  @Test
  void registersByQuery() {
    String answer =
        ask(
            "POST /models?url=echo.mar&model_name=e&handler=h:f&runtime=python3&batch_size=4"
                + "&max_batch_delay=50&initial_workers=2&synchronous=false&response_timeout=7"
                + "&startup_timeout=8");
    assertThat(answer).startsWith("HTTP/1.1 202 ").contains("Processing worker updates...");
    RegisterModel order = (RegisterModel) server.models.orders.element();
    ModelOverrides overrides =
        ModelOverrides.builder()
            .batchSize(4)
            .maxBatchDelay(Duration.ofMillis(50))
            .responseTimeout(Duration.ofSeconds(7))
            .startupTimeout(Duration.ofSeconds(8))
            .build();
    assertThat(order)
        .isEqualTo(
            new RegisterModel(
                "echo.mar", "e", "h:f", "python3", 2, overrides, Completion.ACCEPTED, false));
  }

  @Test
  void registersByJsonAndThenIgnoresTheQuery() {
    String answer =
        askJson("POST /models?url=other.mar", "{\"url\": \"echo.mar\", \"batch_size\": 2}");
    assertThat(answer)
        .startsWith("HTTP/1.1 200 ")
        .contains("Model \\\"echo\\\" Version: 1.0 registered with 1 initial workers");
    RegisterModel order = (RegisterModel) server.models.orders.element();
    assertThat(order.location()).isEqualTo("echo.mar");
    assertThat(order.overrides().get(ProgramOptions.BATCH_SIZE)).isEqualTo(2);
    assertThat(order.overrides().get(ProgramOptions.MAX_BATCH_DELAY)).isNull();
    assertThat(order.initialWorkers()).isNull();
    assertThat(order.completion()).isEqualTo(Completion.READY);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "model_name=e|Parameter url is required.",
        "url=e.mar&batch_size=many|batch_size: many (expected: a whole number >= 1)",
        "url=e.mar&batch_size=0|batch_size: 0 (expected: a whole number >= 1)",
        "url=e.mar&max_batch_delay=-1|max_batch_delay: -1 (expected: a whole number of milliseconds"
            + " >= 0)",
        "url=e.mar&initial_workers=1.5|initial_workers: 1.5 (expected: a whole number >= 0)",
        "url=e.mar&synchronous=yes|synchronous: yes (expected: true or false)",
        "url=e.mar&runtime=LSP|runtime: LSP (expected: python or python3)",
        "url=e.mar&bacth_size=1|Unknown parameter: bacth_size (expected: one of",
      })
  void badParametersAreNamedWithTheirValue(String query, String message) {
    assertThat(ask("POST /models?" + query)).startsWith("HTTP/1.1 400 ").contains(message);
    assertThat(server.models.orders).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "[]", "3", "{\"url\": \"a\"} x", "{\"url\": [1]}"})
  void badJsonIsRefused(String json) {
    assertThat(askJson("POST /models", json)).startsWith("HTTP/1.1 400 ").contains("expected");
    assertThat(server.models.orders).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /models?limti=1",
        "GET /models/echo?customised=true",
        "GET /models/echo/all?x=1",
        "PUT /models/echo?min_workers=2",
        "PUT /models/echo/1.0/set-default?x=1",
        "DELETE /models/echo?force=true",
        "GET /v1/models/echo?x=1",
      })
  void unknownParametersAreRefusedUnderMarinerAndLoggedUnderTorchserve(String line) {
    assertThat(ask(line)).startsWith("HTTP/1.1 400 ").contains("Unknown parameter: ");
    assertThat(server.models.orders).isEmpty();
    TestServer other =
        new TestServer(Profile.TORCHSERVE, AccessPolicy.OPEN, UnaryOperator.identity());
    assertThat(ask(other, line, "")).doesNotContain("Unknown parameter");
  }

  @Test
  void scales() {
    assertThat(ask("PUT /models/echo?min_worker=3&synchronous=true"))
        .startsWith("HTTP/1.1 200 ")
        .contains("Workers scaled to 3 for model: echo");
    assertThat(ask("PUT /models/echo/1.0?max_worker=2")).startsWith("HTTP/1.1 202 ");
    assertThat(ask("PUT /models/echo?model_version=2.0")).startsWith("HTTP/1.1 202 ");
    assertThat(server.models.orders)
        .containsExactly(
            new ScaleModel(ModelRef.of("echo"), 3, 3, Completion.READY),
            new ScaleModel(new ModelRef("echo", "1.0"), 1, 2, Completion.ACCEPTED),
            new ScaleModel(new ModelRef("echo", "2.0"), 1, 1, Completion.ACCEPTED));
    assertThat(ask("PUT /models/echo?min_worker=3&max_worker=2"))
        .startsWith("HTTP/1.1 400 ")
        .contains("max_worker cannot be less than min_worker.");
  }

  @Test
  void setsTheDefaultAndUnregisters() {
    assertThat(ask("PUT /models/echo/2.0/set-default"))
        .startsWith("HTTP/1.1 200 ")
        .contains("Default version successfully updated for model \\\"echo\\\" to \\\"2.0\\\"");
    assertThat(ask("DELETE /models/echo/1.0"))
        .startsWith("HTTP/1.1 200 ")
        .contains("Model \\\"echo\\\" unregistered");
    assertThat(server.models.orders)
        .containsExactly(new ModelKey("echo", "2.0"), new ModelRef("echo", "1.0"));
  }

  @Test
  void swapsToAnArchiveOrToARegisteredVersion() {
    assertThat(ask("POST /models/echo/swap?url=new.mar&keep_old=true&batch_size=4"))
        .startsWith("HTTP/1.1 200 ")
        .contains("\"from\": \"1.0\"", "\"step\": \"load\"", "\"seconds\": 1.5");
    assertThat(ask("POST /models/echo/swap?model_version=2.0")).startsWith("HTTP/1.1 200 ");
    ModelOverrides overrides = ModelOverrides.builder().batchSize(4).build();
    RegisterModel archive =
        new RegisterModel("new.mar", null, null, null, null, overrides, Completion.READY, false);
    assertThat(server.models.orders)
        .containsExactly(
            new SwapModel("echo", archive, null, true), new SwapModel("echo", null, "2.0", false));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "keep_old=true|url: absent (expected: either url or model_version)",
        "url=a.mar&model_version=2|url: a.mar (expected: either url or model_version)",
        "url=a.mar&keep_old=1|keep_old: 1 (expected: true or false)",
        "url=a.mar&synchronous=false|synchronous: false (expected: true or absent",
        "url=a.mar&model_name=b|Unknown parameter: model_name (expected: one of",
      })
  void badParametersOfASwapAreNamed(String query, String message) {
    assertThat(ask("POST /models/echo/swap?" + query))
        .startsWith("HTTP/1.1 400 ")
        .contains(message);
    assertThat(server.models.orders).isEmpty();
  }

  @Test
  void listsWithSaneBounds() {
    for (String query : List.of("", "?limit=0", "?limit=500", "?limit=x&next_page_token=-3")) {
      assertThat(ask("GET /models" + query)).startsWith("HTTP/1.1 200 ").contains("\"echo\"");
    }
    ask("GET /models?limit=7&next_page_token=14");
    List<Integer> first = List.of(100, 0);
    assertThat(server.models.orders).containsExactly(first, first, first, first, List.of(7, 14));
  }

  @Test
  void describesWithWhatTheHandlerSays() {
    server.models.workers = List.of();
    assertThat(ask("GET /models/echo")).startsWith("HTTP/1.1 200 ").contains("\"modelName\"");
    assertThat(ask("GET /models/echo/all")).startsWith("HTTP/1.1 200 ").contains("\"modelName\"");
    assertThat(ask("GET /v1/models/echo")).contains("\"ready\": false");
    server.handler =
        (request, sink) -> {
          assertThat(request.operation()).isEqualTo(Operation.DESCRIBE);
          assertThat(request.model()).isEqualTo(new ModelRef("echo", "1.0"));
          sink.end(Replies.json(200, "{\"mine\": 7}"));
        };
    assertThat(ask("GET /models/echo/1.0?customized=true"))
        .contains("\"customizedMetadata\": {\n      \"mine\": 7\n    }");
    server.handler =
        (request, sink) -> sink.fail(Failure.of(ErrorKind.NO_WORKER, "no worker for describe"));
    assertThat(ask("GET /models/echo?customized=true"))
        .startsWith("HTTP/1.1 503 ")
        .contains("no worker for describe");
  }

  @Test
  void failuresOfTheServiceAreTold() {
    assertThat(ask("GET /models/nope"))
        .startsWith("HTTP/1.1 404 ")
        .contains("ModelNotFoundException", "Model not found: nope");
    assertThat(ask("GET /v1/models/nope")).startsWith("HTTP/1.1 404 ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "PATCH /models",
        "DELETE /models",
        "POST /models/echo",
        "PUT /models/echo/all/x/y",
        "POST /v1/models/echo",
        "GET /models/echo/1.0/set-default",
      })
  void wrongMethodsAreRefused(String line) {
    assertThat(ask(line)).containsPattern("^HTTP/1.1 (405|404) ");
    assertThat(ask("PATCH /models")).startsWith("HTTP/1.1 405 ").contains("not allowed");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "PATCH /models | GET, HEAD, POST",
        "POST /models/echo | DELETE, GET, HEAD, OPTIONS, PUT",
        "POST /v1/models/echo | GET, HEAD",
      })
  void aRefusalNamesTheMethodsOfThePath(String line, String methods) {
    assertThat(ask(line))
        .startsWith("HTTP/1.1 405 ")
        .contains("\r\nAllow: " + methods + "\r\n")
        .contains("MethodNotAllowedException");
  }

  @Test
  void aHeadGetsTheHeadersOfAGet() {
    String answer = ask("HEAD /models");
    assertThat(answer).startsWith("HTTP/1.1 200 ").contains("content-length: ");
    assertThat(answer).endsWith("\r\n\r\n");
  }

  @Test
  void thereIsNoPingHere() {
    assertThat(ask("GET /ping")).startsWith("HTTP/1.1 404 ");
  }

  @Test
  void theModelApiSwitchIsNamedInItsRefusal() {
    TestServer closed = with(AccessPolicy.OPEN, config -> config.modelApi(false));
    for (String line : List.of("POST /models?url=a", "DELETE /models/a", "DELETE /models/a/1")) {
      assertThat(ask(closed, line, ""))
          .startsWith("HTTP/1.1 405 ")
          .containsPattern("\r\nAllow: (GET, HEAD|GET, HEAD, OPTIONS, PUT|GET, HEAD, PUT)\r\n")
          .contains("--enable-model-api", "enable_model_api");
    }
    assertThat(ask(closed, "PUT /models/a", "")).startsWith("HTTP/1.1 202 ");
    assertThat(ask(closed, "GET /models", "")).startsWith("HTTP/1.1 200 ");
  }

  @ParameterizedTest
  @CsvSource({
    "localhost:8081,'',202",
    "127.0.0.1,'',202",
    "[::1]:99,'',202",
    "LOCALHOST,'',202",
    "evil.example:8081,'',403",
    "localhost.evil.example,'',403",
    "localhost:8081,http://localhost:8081,202",
    "localhost:8081,http://localhost:3000,403",
    "localhost:8081,http://evil.example,403",
    "localhost:8081,null,403",
    "localhost:8081,http://friend.example,202",
  })
  void webPagesOfOthersCannotChangeState(String host, String origin, int status) {
    TestServer cors =
        with(
            AccessPolicy.OPEN,
            config -> config.cors(CorsConfig.of(List.of("http://friend.example"), null, null)));
    String header = origin.isEmpty() ? "" : "Origin: " + origin + "\r\n";
    try (Wire wire = new Wire(cors.listener(Api.MANAGEMENT))) {
      wire.send("PUT /models/echo HTTP/1.1\r\nHost: " + host + "\r\n" + header + "\r\n");
      assertThat(wire.received()).startsWith("HTTP/1.1 " + status + " ");
      wire.send("GET /models HTTP/1.1\r\nHost: " + host + "\r\n" + header + "\r\n");
      assertThat(wire.received()).startsWith("HTTP/1.1 200 ");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "PUT,/models/echo,false,403",
    "DELETE,/models/echo,false,403",
    "POST,/models,false,403",
    "GET,/models,false,200",
    "PATCH,/models,false,405",
    "PUT,/models/echo,true,200",
    "DELETE,/models/echo/1.0,true,200",
  })
  void aPreflightIsAnsweredAsTheCallWouldBe(
      String method, String path, boolean tokens, int status) {
    TestServer cors =
        with(
            AccessPolicy.OPEN,
            config ->
                config
                    .tokenAuthorization(tokens)
                    .cors(CorsConfig.of(List.of("*"), "PUT, DELETE", null)));
    try (Wire wire = new Wire(cors.listener(Api.MANAGEMENT))) {
      String origin = "Host: localhost\r\nOrigin: http://a.example\r\n";
      String asked = "Access-Control-Request-Method: " + method + "\r\n\r\n";
      String preflight = wire.send("OPTIONS " + path + " HTTP/1.1\r\n" + origin + asked).received();
      assertThat(preflight).startsWith("HTTP/1.1 " + status + " ");
      String call = wire.send(method + " " + path + " HTTP/1.1\r\n" + origin + "\r\n").received();
      if (status == 403) {
        assertThat(preflight + call).contains("cors_allowed_origin=* lets other pages");
      }
      assertThat(call.startsWith("HTTP/1.1 403 ")).isEqualTo(status == 403);
    }
  }

  @Test
  void aFormIsNotTakenForParametersAndTheRefusalSaysSo() {
    String form = "url=echo.mar";
    String headers = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 12\r\n";
    try (Wire wire = new Wire(server.listener(Api.MANAGEMENT))) {
      assertThat(wire.send(line("POST /models", headers) + form).received())
          .startsWith("HTTP/1.1 400 ")
          .contains(
              "Parameter url is required. The body was not read, Content-Type:"
                  + " application/x-www-form-urlencoded (expected: parameters in the query string");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"PUT /models/echo", "POST /models?url=a.mar"})
  void whatWouldBePassedOverInSilenceIsRefused(String call) {
    String headers = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 12\r\n";
    try (Wire wire = new Wire(server.listener(Api.MANAGEMENT))) {
      assertThat(wire.send(line(call, headers) + "min_worker=3").received())
          .startsWith("HTTP/1.1 400 ")
          .contains("The body was not read", "(expected: parameters in the query string");
      String twice = call + (call.contains("?") ? "&url=b.mar" : "?min_worker=1&min_worker=2");
      assertThat(wire.send(line(twice, "")).received())
          .startsWith("HTTP/1.1 400 ")
          .contains("more than once (expected: once)");
    }
    TestServer lenient =
        new TestServer(Profile.TORCHSERVE, AccessPolicy.OPEN, config -> config.modelApi(true));
    try (Wire wire = new Wire(lenient.listener(Api.MANAGEMENT))) {
      assertThat(wire.send(line(call, headers) + "min_worker=3").received())
          .startsWith("HTTP/1.1 20");
    }
  }

  @Test
  void aListenerOffLoopbackTakesAnyHost() {
    ListenerAddress everywhere = ListenerAddress.tcp("0.0.0.0", 8081);
    TestServer open = with(AccessPolicy.OPEN, config -> config.listeners(everywhere, everywhere));
    try (Wire wire = new Wire(open.listener(Api.MANAGEMENT))) {
      wire.send("PUT /models/echo HTTP/1.1\r\nHost: models.example\r\n\r\n");
      assertThat(wire.received()).startsWith("HTTP/1.1 202 ");
    }
  }

  @Test
  void tokensAreCheckedByScopeOnASharedListener() {
    TestServer locked = with(new ScopeTokens(), UnaryOperator.identity());
    try (Wire wire = new Wire(locked.listener(Api.INFERENCE, Api.MANAGEMENT, Api.METRICS))) {
      assertThat(wire.send(line("GET /ping", "")).received()).startsWith("HTTP/1.1 401 ");
      assertThat(wire.send(line("GET /ping", bearer(TokenScope.INFERENCE))).received())
          .contains(" 200 ");
      assertThat(wire.send(line("GET /models", bearer(TokenScope.INFERENCE))).received())
          .contains(" 401 ");
      assertThat(wire.send(line("GET /models/tokenizer", bearer(TokenScope.MANAGEMENT))).received())
          .contains(" 404 ", "Model not found");
      assertThat(wire.send(line("GET /token?type=inference", bearer(TokenScope.API))).received())
          .endsWith("\r\n\r\n\n");
      assertThat(wire.send(line("GET /token?type=API", bearer(TokenScope.API))).received())
          .contains(" 400 ", "type: API (expected: management or inference)");
      assertThat(wire.send(line("GET /token?type=inference", "")).received()).contains(" 401 ");
      for (String open : List.of("OPTIONS /", "GET /api-description", "GET /metrics?name[]=a")) {
        assertThat(wire.send(line(open, "")).received()).as(open).contains(" 200 ");
      }
      wire.send(line("GET /models/nope/all", bearer(TokenScope.MANAGEMENT)));
      assertThat(wire.received()).contains("Model not found: nope");
    }
  }

  private String ask(String line) {
    return ask(server, line, "");
  }

  private static String ask(TestServer asked, String line, String headers) {
    try (Wire wire = new Wire(asked.listener(Api.MANAGEMENT))) {
      return wire.send(line(line, headers)).received();
    }
  }

  private String askJson(String line, String json) {
    String headers = "Content-Type: application/json\r\nContent-Length: " + json.length() + "\r\n";
    try (Wire wire = new Wire(server.listener(Api.MANAGEMENT))) {
      return wire.send(line(line, headers) + json).received();
    }
  }

  private static String line(String line, String headers) {
    return line + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n";
  }

  private static String bearer(TokenScope scope) {
    return "Authorization: " + ScopeTokens.bearer(scope) + "\r\n";
  }

  private static TestServer with(AccessPolicy access, UnaryOperator<ServerConfigBuilder> change) {
    return new TestServer(Profile.MARINER, access, change);
  }
}
