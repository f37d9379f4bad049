package ai.mariner.rest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

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
    assertThat(document.at("/components/securitySchemes/bearer/scheme").asText())
        .isEqualTo("bearer");
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
    try (Wire wire = new Wire(server.listener(apis))) {
      String answer = wire.send(line + " HTTP/1.1\r\nHost: localhost\r\n\r\n").received();
      assertThat(answer).startsWith("HTTP/1.1 200 ");
      return new ObjectMapper().readTree(answer.substring(answer.indexOf("\r\n\r\n")));
    }
  }
}
