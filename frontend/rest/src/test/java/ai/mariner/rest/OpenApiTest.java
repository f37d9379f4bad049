package ai.mariner.rest;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.access.AccessPolicy;
import ai.mariner.core.access.TokenScope;
import ai.mariner.core.config.Profile;
import ai.mariner.core.message.Datatype;
import ai.mariner.core.message.Signature;
import ai.mariner.core.message.TensorSpec;
import ai.mariner.core.testing.ScopeTokens;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OpenApiTest {
  private static final Set<String> METHODS =
      Set.of("get", "put", "post", "delete", "options", "head", "patch", "trace");
  private static final Pattern HOLE = Pattern.compile("\\{([^}]+)}");

  private final TestServer server = new TestServer();

  @Test
  void describesEveryRouteByTheRulesOfOpenApi301() throws Exception {
    JsonNode document = ask("OPTIONS /", Api.INFERENCE, Api.MANAGEMENT, Api.METRICS);

    assertThat(document.get("openapi").asText()).isEqualTo("3.0.1");
    assertThat(document.get("info").get("version").asText()).isEqualTo("0.13.0");
    Set<String> ids = new HashSet<>();
    for (Map.Entry<String, JsonNode> path : document.get("paths").properties()) {
      assertThat(path.getKey()).startsWith("/");
      for (Map.Entry<String, JsonNode> operation : path.getValue().properties()) {
        assertThat(METHODS).contains(operation.getKey());
        assertThat(ids.add(operation.getValue().get("operationId").asText()))
            .as("unique operationId at %s", path.getKey())
            .isTrue();
        checkOperation(path.getKey(), operation.getValue());
      }
    }
    assertThat(ids).contains("predictVersion", "registerModel", "ready", "metrics", "renewToken");
    assertThat(document.at("/components/schemas/Error/type").asText()).isEqualTo("object");
    String error = "/responses/default/content/application~1json/schema/$ref";
    assertThat(document.at("/paths/~1v2~1models~1{model}~1infer/post" + error).asText())
        .isEqualTo("#/components/schemas/OpenInferenceError");
    assertThat(document.at("/paths/~1predictions~1{model}/post" + error).asText())
        .isEqualTo("#/components/schemas/Error");
  }

  @Test
  void eachListenerDescribesItsOwnRoutes() throws Exception {
    JsonNode inference = ask("GET /api-description", Api.INFERENCE).get("paths");
    assertThat(inference.has("/predictions/{model}")).isTrue();
    assertThat(inference.has("/models")).isFalse();
    JsonNode management = ask("POST /api-description", Api.MANAGEMENT).get("paths");
    assertThat(management.has("/models")).isTrue();
    assertThat(management.has("/predictions/{model}")).isFalse();
  }

  @Test
  void optionsOfAModelDescribeItsPaths() throws Exception {
    JsonNode model = ask("OPTIONS /predictions/digits", Api.INFERENCE).get("paths");
    assertThat(model.properties()).hasSize(1);
    assertThat(model.get("/predictions/digits").has("post")).isTrue();
    JsonNode management = ask("OPTIONS /models/digits", Api.MANAGEMENT).get("paths");
    assertThat(management.get("/models/digits").properties()).hasSize(3);
  }

  @Test
  void aModelThatDeclaresTensorsHasAnOperationWithAnExample() throws Exception {
    TensorSpec rows = new TensorSpec("rows", Datatype.FP32, List.of(-1L, 4L), false);
    TensorSpec best = new TensorSpec("best", Datatype.INT64, List.of(-1L), false);
    server.models.signature = new Signature(List.of(rows), List.of(best), true);

    JsonNode document = ask("GET /openapi.json", Api.INFERENCE);

    assertThat(document.get("openapi").asText()).isEqualTo("3.1.0");
    JsonNode call = document.at("/paths/~1v2~1models~1echo~1infer/post");
    JsonNode body = call.at("/requestBody/content/application~1json");
    assertThat(body.get("example").toString())
        .isEqualTo(
            "{\"inputs\":[{\"name\":\"rows\",\"shape\":[1,4],\"datatype\":\"FP32\","
                + "\"data\":[0.0,0.0,0.0,0.0]}]}");
    assertThat(body.at("/schema/properties/inputs/items/properties/name/enum/0").asText())
        .isEqualTo("rows");
    assertThat(call.at("/responses/200/content").toString()).contains("\"best\"", "\"INT64\"");
    checkOperation("/v2/models/echo/infer", call);
  }

  @ParameterizedTest
  @CsvSource({"MARINER, 2", "TORCHSERVE, 1"})
  void optionsOfAModelTellItsTensorsWhereTorchServeIsNotMeant(Profile profile, int paths)
      throws Exception {
    TensorSpec rows = new TensorSpec("rows", Datatype.FP32, List.of(-1L, 4L), false);
    TestServer asked = new TestServer(profile, AccessPolicy.OPEN, UnaryOperator.identity());
    asked.models.signature = new Signature(List.of(rows), List.of(), true);
    JsonNode document = ask(asked, "OPTIONS /predictions/echo", "", Api.INFERENCE);
    assertThat(document.get("openapi").asText()).isEqualTo("3.0.1");
    assertThat(document.get("paths").properties()).hasSize(paths);
    assertThat(document.get("paths").has("/predictions/echo")).isTrue();
    assertThat(document.toString().contains("\"rows\"")).isEqualTo(paths == 2);
  }

  @Test
  void anExampleThatWouldOutgrowTheDocumentIsLeftOut() {
    TensorSpec image = new TensorSpec("image", Datatype.FP32, List.of(-1L, 3L, 224L, 224L), false);
    TensorSpec endless = new TensorSpec("image", Datatype.FP32, List.of(1L << 62, 4L), false);
    assertThat(TensorSchema.example(List.of(image))).isNull();
    assertThat(TensorSchema.example(List.of(endless))).isNull();
  }

  @Test
  void aModelThatDeclaresNothingIsPredictedWith() throws Exception {
    JsonNode paths = ask("GET /openapi.json", Api.INFERENCE).get("paths");
    assertThat(paths.get("/predictions/echo").get("post").get("operationId").asText())
        .isEqualTo("predict_echo");
    assertThat(paths.has("/v2/models/echo/infer")).isFalse();
    server.models.rows.clear();
    assertThat(ask("GET /openapi.json", Api.INFERENCE).get("paths").has("/predictions/echo"))
        .isFalse();
  }

  @Test
  void otherListenersDoNotNameTheModels() throws Exception {
    assertThat(ask("GET /openapi.json", Api.MANAGEMENT).toString()).doesNotContain("echo");
    JsonNode metrics = ask("GET /openapi.json", Api.METRICS).get("paths");
    assertThat(metrics.properties()).hasSize(1);
    assertThat(metrics.has("/metrics")).isTrue();
  }

  @Test
  void withoutATokenNoModelIsNamed() throws Exception {
    TestServer guarded =
        new TestServer(Profile.TORCHSERVE, new ScopeTokens(), UnaryOperator.identity());
    JsonNode unknown = ask(guarded, "GET /openapi.json", "", Api.INFERENCE);
    assertThat(unknown.toString()).doesNotContain("echo").contains("\"security\"");
    assertThat(unknown.at("/components/securitySchemes/bearer/scheme").asText())
        .isEqualTo("bearer");
    assertThat(ask("GET /openapi.json", Api.INFERENCE).toString()).doesNotContain("\"security");
    String known = "Authorization: " + ScopeTokens.bearer(TokenScope.INFERENCE) + "\r\n";
    assertThat(ask(guarded, "GET /openapi.json", known, Api.INFERENCE).toString())
        .contains("predict_echo");
  }

  @Test
  void thePageAndItsFilesAreThere() throws Exception {
    for (String path :
        List.of("/docs", "/docs/start.js", "/docs/page.css", "/docs/swagger-ui.css")) {
      for (Api api : Api.values()) {
        try (Wire wire = new Wire(server.listener(api))) {
          String answer =
              wire.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n").received();
          assertThat(answer).startsWith("HTTP/1.1 200 ");
          assertThat(answer).contains("charset=utf-8");
        }
      }
    }
  }

  private static void checkOperation(String path, JsonNode operation) {
    assertThat(operation.get("responses").isEmpty()).isFalse();
    for (JsonNode response : operation.get("responses")) {
      assertThat(response.get("description").asText()).isNotEmpty();
    }
    Set<String> declared = new HashSet<>();
    if (operation.has("parameters")) {
      for (JsonNode parameter : operation.get("parameters")) {
        assertThat(parameter.get("schema").get("type").asText()).isNotEmpty();
        if (parameter.get("in").asText().equals("path")) {
          assertThat(parameter.get("required").asBoolean()).isTrue();
          declared.add(parameter.get("name").asText());
        }
      }
    }
    Set<String> holes = new HashSet<>();
    Matcher matcher = HOLE.matcher(path);
    while (matcher.find()) {
      holes.add(matcher.group(1));
    }
    assertThat(declared).as(path).isEqualTo(holes);
    if (operation.has("requestBody")) {
      Iterator<JsonNode> content = operation.get("requestBody").get("content").iterator();
      assertThat(content.next().has("schema")).isTrue();
    }
  }

  private JsonNode ask(String line, Api... apis) throws Exception {
    return ask(server, line, "", apis);
  }

  private static JsonNode ask(TestServer asked, String line, String headers, Api... apis)
      throws Exception {
    try (Wire wire = new Wire(asked.listener(apis))) {
      String answer =
          wire.send(line + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n").received();
      assertThat(answer).startsWith("HTTP/1.1 200 ");
      return new ObjectMapper().readTree(answer.substring(answer.indexOf("\r\n\r\n")));
    }
  }
}
