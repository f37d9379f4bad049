package ai.mariner.rest;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.access.AccessPolicy;
import ai.mariner.core.config.CorsConfig;
import ai.mariner.core.config.Profile;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.InputPart;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.message.Operation;
import ai.mariner.core.model.Health;
import ai.mariner.core.model.ModelSummary;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class InferenceRoutesTest {
  private final TestServer server = new TestServer();
  private final List<String> inputs = new ArrayList<>();

  InferenceRoutesTest() {
    server.handler =
        (request, sink) -> {
          for (InputPart part : request.parts()) {
            inputs.add(part.name() + "|" + part.contentType() + "|" + TestServer.text(part));
          }
          request.release();
          sink.end(Replies.json(200, "done"));
        };
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        "/predictions/m,PREDICT,m,-,''",
        "/predictions/m/,PREDICT,m,-,''",
        "/predictions/m/2.0,PREDICT,m,2.0,''",
        "/predictions/m/2.0/a/b?q=1,PREDICT,m,2.0,a/b",
        "/predictions/m%2F2.0,PREDICT,m,2.0,''",
        "/predictions/%C3%A4,PREDICT,ä,-,''",
        "/explanations/m/1,EXPLAIN,m,1,''",
        "/v1/models/m:predict,PREDICT,m,-,-",
        "/v1/models/a:b:explain,EXPLAIN,a:b,-,-",
        "/v2/models/m/infer,PREDICT,m,-,-",
        "/v2/models/m/explain,EXPLAIN,m,-,-",
        "/models/m/invoke,PREDICT,m,-,-",
        "/m/predict,PREDICT,m,-,-",
        "/m/3/predict,PREDICT,m,3,-",
        "http://host:1/predictions/m,PREDICT,m,-,''",
      })
  void pathsNameOperationModelAndVersion(
      String path, Operation operation, String model, String version, String urlPath) {
    ask("PUT " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx");

    InferenceRequest request = server.requests.get(0);
    assertThat(request.operation()).isEqualTo(operation);
    assertThat(request.model()).isEqualTo(new ModelRef(model, version));
    assertThat(headers(request).stream().filter(line -> line.startsWith("url_path")).toList())
        .isEqualTo(urlPath == null ? List.of() : List.of("url_path: " + urlPath));
    assertThat(request.timeoutNanos()).isNull();
    assertThat(request.label()).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/nothing",
        "//predictions/m",
        "/predictions",
        "/predictions//1",
        "/v1/models",
        "/models/m/other",
        "/wfpredict",
        "/workflows",
        "/models",
        "/a/b/c/predict",
      })
  void otherPathsAreNotFound(String path) {
    assertThat(ask(FramingTest.get(path)))
        .startsWith("HTTP/1.1 404 ")
        .contains(
            "ResourceNotFoundException",
            "Requested resource is not found, please refer to API document.");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/v1/models/nope", "/v1/models/:predict"})
  void kservesFirstProtocolAsksForModelsHereToo(String path) {
    assertThat(ask(FramingTest.get(path)))
        .startsWith("HTTP/1.1 404 ")
        .contains("ModelNotFoundException");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/v2/nothing", "/v2/health", "/v2/models", "/v2/models//ready"})
  void whatIsUnknownBelowV2IsToldInItsDialect(String path) {
    assertThat(ask(FramingTest.get(path)))
        .startsWith("HTTP/1.1 404 ")
        .contains("\"error\": \"Requested resource is not found")
        .doesNotContain("ResourceNotFoundException");
  }

  @Test
  void theRootSaysWhatIsServed() {
    assertThat(ask(FramingTest.get("/")))
        .startsWith("HTTP/1.1 200 ")
        .contains("content-type: application/json", "\"server\": \"Mariner\"", "\"inference\"");
    assertThat(ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"))
        .startsWith("HTTP/1.1 405 ")
        .contains("\r\nAllow: GET, HEAD, OPTIONS\r\n")
        .contains("Requested method is not allowed, please refer to API document.");
  }

  @Test
  void pathsOfOtherListenersSaySo() {
    assertThat(ask(FramingTest.get("/models")))
        .startsWith("HTTP/1.1 404 ")
        .contains("at another address of this server (expected: management_address)");
    assertThat(ask(FramingTest.get("/metrics"))).contains("(expected: metrics_address)");
    assertThat(ask(FramingTest.get("/nowhere"))).doesNotContain("another address");
  }

  @Test
  void inputsThatShareANameAreAllReachable() {
    String part = "--b\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\n";
    body("multipart/form-data; boundary=b", part + "1\r\n" + part + "2\r\n" + part + "3\r\n--b--");
    body("application/x-www-form-urlencoded", "x[0]=literal&x=1&x=2&y=3");
    ask("POST /models/m/invoke?q=1&body=2&q=3 HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n4");
    assertThat(inputs)
        .containsExactly(
            "f[0]|null|1",
            "f[1]|null|2",
            "f|null|3",
            "x[0]|null|literal",
            "x[1]|null|1",
            "x|null|2",
            "y|null|3",
            "q[0]|null|1",
            "body[0]|null|2",
            "q|null|3",
            "body|null|4");
  }

  @Test
  void multipartMayComeWithoutCarriageReturns() {
    body(
        "multipart/form-data; boundary=b",
        "--b\nContent-Disposition: form-data; name=a\n\none\ntwo\n--b\n"
            + "Content-Disposition: form-data; name=\"e\"\n\n--b--\n");
    assertThat(inputs).containsExactly("a|null|one\ntwo", "e|null|");
  }

  @Test
  void multipartThatCannotBeReadIsRefusedWithTheReason() {
    String name = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n";
    assertThat(body("multipart/form-data; boundary=other", name + "\r\n1\r\n--b--"))
        .startsWith("HTTP/1.1 400 ")
        .contains("no line --other (expected: the boundary of the Content-Type before each part)");
    assertThat(
            body(
                "multipart/form-data; boundary=b",
                name + "Content-Transfer-Encoding: base64\r\n\r\naGk=\r\n--b--"))
        .startsWith("HTTP/1.1 400 ")
        .contains("Content-Transfer-Encoding: base64 (expected: binary, 8bit, 7bit or none)");
  }

  @Test
  void malformedEscapesAreRefused() {
    assertThat(ask(FramingTest.get("/predictions/%zz"))).startsWith("HTTP/1.1 400 ");
    assertThat(ask(FramingTest.get("/predictions/%4"))).startsWith("HTTP/1.1 400 ");
    assertThat(ask(FramingTest.get("/invocations?a=%4"))).startsWith("HTTP/1.1 400 ");
  }

  @Test
  void handlersSeeTheClientsHeadersInItsSpellingWithoutReservedNames() {
    ask(
        "GET /predictions/m HTTP/1.1\r\nHost: x\r\nX-API-Key: k\r\nx-low: v\r\n"
            + "Explain: True\r\ndescribe: True\r\nURL_PATH: evil\r\n\r\n");
    assertThat(headers(server.requests.get(0)))
        .containsExactly("Host: x", "X-API-Key: k", "x-low: v", "url_path: ");
  }

  @Test
  void rawBodiesKeepTheirMediaTypeWithoutParameters() {
    body("application/json; charset=utf-8", "{\"a\": 1}");
    body("image/PNG", "png");
    body("multipart/form-data", "no boundary");
    ask("PUT /predictions/m HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nraw");
    ask(FramingTest.get("/predictions/m"));
    assertThat(inputs)
        .containsExactly(
            "body|application/json|{\"a\": 1}",
            "body|image/PNG|png",
            "body|multipart/form-data|no boundary",
            "body|null|raw",
            "body|null|");
  }

  @Test
  void formsBecomeFields() {
    body("application/x-www-form-urlencoded; charset=utf-8", "a=1&b=x+y%26z&a=2&empty=");
    assertThat(inputs).containsExactly("a[0]|null|1", "b|null|x y&z", "a|null|2", "empty|null|");
  }

  @ParameterizedTest
  @ValueSource(strings = {"hello", "{\"a\": \"b=c\"}", "two words = x", "=x", "", "ä=b"})
  void whatCurlSendsAsAFormButIsNoneReachesTheHandlerAsText(String text) {
    body("application/x-www-form-urlencoded", text);
    String utf8 = text.equals("ä=b") ? "\ufffd=b" : text;
    assertThat(inputs).containsExactly("body|text/plain|" + utf8);
  }

  @Test
  void queryParametersAreInputsOnlyWhereTorchServePassesThem() {
    ask("POST /predictions/m?a=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx");
    assertThat(inputs).containsExactly("body|null|x");
    inputs.clear();
    for (String path : List.of("/invocations?a=1", "/models/m/invoke?a=1", "/m/predict?a=1")) {
      ask("POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx");
      assertThat(inputs).as(path).containsExactly("a|null|1", "body|null|x");
      inputs.clear();
    }
  }

  @Test
  void invocationsFindTheModelByFieldOrBecauseItIsTheOnlyOne() {
    ask(FramingTest.get("/invocations"));
    assertThat(server.requests.get(0).model().name()).isEqualTo("echo");
    server.models.rows.add(new ModelSummary("other", "other.mar"));
    ask(FramingTest.get("/invocations?model_name=other"));
    assertThat(server.requests.get(1).model().name()).isEqualTo("other");
    assertThat(ask(FramingTest.get("/invocations")))
        .startsWith("HTTP/1.1 400 ")
        .contains("Parameter model_name is required.");
  }

  @Test
  void multipartPartsHaveTheTypesOfTheirFiles() {
    String body =
        "preamble\r\n--b\r\nContent-Disposition: form-data; name=\"text\"\r\n"
            + "Content-Type: application/json\r\n\r\n{}\r\n--b  \r\n"
            + "content-disposition: form-data; name=\"image\"; filename=\"a;b\\\".png\"\r\n"
            + "Content-Type: image/png; x=y\r\n\r\n\r\n\rPNG\n\r\n--bx\r\n--b\r\n"
            + "Content-Disposition: form-data; filename=f; name=plain\r\n\r\n\r\n--b--\r\nepilogue";
    body("multipart/form-data; boundary=\"b\"", body);
    assertThat(inputs)
        .containsExactly(
            "text|null|{}",
            "image|image/png|\r\n\rPNG\n\r\n--bx",
            "plain|application/octet-stream|");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "--other\r\n\r\n",
        "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nno end",
        "--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--",
        "--b\r\nno colon\r\n\r\nx\r\n--b--",
        "--b\r\n\r\nx\r\n--b--",
        "--bgarbage\r\n",
        "--b--",
        "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n--b\r\nContent-Disp",
      })
  void malformedMultipartIsRefused(String body) {
    assertThat(body("multipart/form-data; boundary=b", body))
        .startsWith("HTTP/1.1 400 ")
        .contains("Malformed multipart/form-data");
    assertThat(server.requests).isEmpty();
  }

  @Test
  void tooManyPartsAreRefused() {
    String part = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n";
    assertThat(body("multipart/form-data; boundary=b", part.repeat(1001) + "--b--"))
        .startsWith("HTTP/1.1 400 ")
        .contains("more than 1000 parts");
  }

  @Test
  void deadlinesComeFromAHeader() {
    ask("GET /predictions/m HTTP/1.1\r\nHost: x\r\nX-Request-Timeout-Ms: 250\r\n\r\n");
    assertThat(server.requests.get(0).timeoutNanos()).isEqualTo(TimeUnit.MILLISECONDS.toNanos(250));
    for (String bad : List.of("0", "-1", "1.5", "soon", "99999999999999999999")) {
      assertThat(
              ask(
                  "GET /predictions/m HTTP/1.1\r\nHost: x\r\nX-Request-Timeout-Ms: "
                      + bad
                      + "\r\n\r\n"))
          .startsWith("HTTP/1.1 400 ")
          .contains("X-Request-Timeout-Ms: " + bad + " (expected: a whole number >= 1)");
    }
  }

  @Test
  void aSaneRequestIdIsKeptAsLabel() {
    String answer = ask("GET /predictions/m HTTP/1.1\r\nHost: x\r\nX-Request-Id: my-id 7\r\n\r\n");
    assertThat(answer).contains("x-request-id: my-id 7\r\n");
    assertThat(server.requests.get(0).label()).isEqualTo("my-id 7");
    ask("GET /predictions/m HTTP/1.1\r\nHost: x\r\nX-Request-Id: " + "x".repeat(129) + "\r\n\r\n");
    assertThat(server.requests.get(1).label()).isNull();
  }

  @Test
  void pingFollowsReadinessAndTheProfile() {
    assertThat(ask(FramingTest.get("/ping/anything"))).contains("\"Healthy\"");
    server.models.health = new Health(false, true, List.of("m: 0 of 1 workers ready"));
    assertThat(ask(FramingTest.get("/ping"))).startsWith("HTTP/1.1 500 ").contains("\"Unhealthy\"");
    assertThat(ask(FramingTest.get("/readyz")))
        .startsWith("HTTP/1.1 503 ")
        .contains("m: 0 of 1 workers ready");
    assertThat(ask(FramingTest.get("/readyz?model=echo"))).startsWith("HTTP/1.1 503 ");
    assertThat(ask(FramingTest.get("/readyz?model=nope"))).startsWith("HTTP/1.1 404 ");
    assertThat(ask(FramingTest.get("/livez"))).startsWith("HTTP/1.1 200 ");

    TestServer torchserve =
        new TestServer(Profile.TORCHSERVE, AccessPolicy.OPEN, UnaryOperator.identity());
    torchserve.models.health = server.models.health;
    try (Wire wire = new Wire(torchserve.listener(Api.INFERENCE))) {
      assertThat(wire.send(FramingTest.get("/ping")).received()).startsWith("HTTP/1.1 200 ");
    }
  }

  @Test
  void theOpenInferenceProtocolHearsTheSameTruth() {
    List<String> models = List.of("/v2/models/echo/ready", "/v2/models/echo/versions/1.0/ready");
    assertThat(ask(FramingTest.get("/v2/health/live")))
        .startsWith("HTTP/1.1 200 ")
        .contains("\"live\": true");
    assertThat(ask(FramingTest.get("/v2/health/ready")))
        .startsWith("HTTP/1.1 200 ")
        .contains("\"ready\": true");
    for (String path : models) {
      assertThat(ask(FramingTest.get(path)))
          .startsWith("HTTP/1.1 200 ")
          .contains("\"name\": \"echo\"", "\"ready\": true");
    }
    server.models.health = new Health(false, true, List.of("m: 0 of 1 workers ready"));
    assertThat(ask(FramingTest.get("/v2/health/live"))).startsWith("HTTP/1.1 200 ");
    assertThat(ask(FramingTest.get("/v2/health/ready")))
        .startsWith("HTTP/1.1 400 ")
        .contains("\"ready\": false");
    for (String path : models) {
      assertThat(ask(FramingTest.get(path)))
          .startsWith("HTTP/1.1 400 ")
          .contains("\"ready\": false");
    }
    assertThat(ask(FramingTest.get("/v2/models/nope/ready")))
        .startsWith("HTTP/1.1 404 ")
        .contains("\"error\": \"Model not found: nope\"");
  }

  @Test
  void corsHeadersAreSentVerbatimUnlessTheHandlerSetThem() {
    CorsConfig cors = CorsConfig.of(List.of("*"), "GET, POST", null);
    TestServer open =
        new TestServer(Profile.MARINER, AccessPolicy.OPEN, config -> config.cors(cors));
    try (Wire wire = new Wire(open.listener(Api.INFERENCE))) {
      String preflight =
          "OPTIONS /predictions/m HTTP/1.1\r\nHost: x\r\nOrigin: http://a\r\n"
              + "Access-Control-Request-Method: POST\r\n\r\n";
      assertThat(wire.send(preflight).received())
          .startsWith("HTTP/1.1 200 ")
          .contains(
              "Access-Control-Allow-Origin: *\r\n", "Access-Control-Allow-Methods: GET, POST\r\n")
          .doesNotContain("Allow-Headers");
      assertThat(wire.send(preflight.replace("predictions/m", "v2/models/m/infer")).received())
          .startsWith("HTTP/1.1 200 ")
          .contains("Access-Control-Allow-Origin: *\r\n", "content-length: 0");
      assertThat(wire.send(preflight.replace("predictions/m", "nowhere")).received())
          .startsWith("HTTP/1.1 404 ");
    }
    assertThat(open.requests).isEmpty();
  }

  private String body(String type, String body) {
    return ask(
        "POST /predictions/m HTTP/1.1\r\nHost: x\r\nContent-Type: "
            + type
            + "\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n"
            + body);
  }

  private String ask(String request) {
    try (Wire wire = new Wire(server.listener(Api.INFERENCE))) {
      return wire.send(request).received();
    }
  }

  private static List<String> headers(InferenceRequest request) {
    List<String> lines = new ArrayList<>();
    request.headers().forEach((name, value) -> lines.add(name + ": " + value));
    lines.removeIf(line -> line.startsWith("Content-Length"));
    return lines;
  }
}
