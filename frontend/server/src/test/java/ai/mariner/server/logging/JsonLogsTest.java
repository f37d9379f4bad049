package ai.mariner.server.logging;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code log_format=json} makes of a process's lines. */
class JsonLogsTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  @TempDir static Path folder;

  @BeforeAll
  static void runTheScenario() throws IOException, InterruptedException {
    LoggingScenario.play(folder, null, "json");
  }

  private static List<JsonNode> lines(String name) throws IOException {
    List<JsonNode> found = new ArrayList<>();
    for (String line : Files.readAllLines(folder.resolve("logs").resolve(name))) {
      found.add(MAPPER.readTree(line));
    }
    return found;
  }

  @Test
  void eachLineIsAnObject() throws IOException {
    JsonNode access = lines("access_log.log").get(0);
    assertThat(access.get("message").asText())
        .isEqualTo("/127.0.0.1:34602 \"POST /predictions/echo HTTP/1.1\" 200 3");
    assertThat(access.get("time").asText())
        .matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}(Z|[+-]\\d\\d:\\d\\d)");
    List<JsonNode> model = lines("model_log.log");
    assertThat(model).hasSize(LoggingScenario.MODEL_LINES + 2);
    assertThat(model.get(1).get("worker").asText()).isEqualTo("W-9000-echo_1.0-stderr");
    assertThat(model.get(1).get("level").asText()).isEqualTo("WARN");
    assertThat(lines("ts_metrics.log")).hasSize(1);
  }

  @Test
  void aStackIsPartOfItsLine() throws IOException {
    List<JsonNode> server = lines("ts_log.log");
    assertThat(server).hasSize(2);
    assertThat(server.get(0).get("stack").asText()).isEmpty();
    assertThat(server.get(1).get("message").asText()).isEqualTo("it \"failed\"\n");
    assertThat(server.get(1).get("stack").asText())
        .contains("IllegalStateException: why", "\n\tat");
  }
}
