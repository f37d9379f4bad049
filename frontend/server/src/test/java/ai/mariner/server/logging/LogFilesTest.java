package ai.mariner.server.logging;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code log4j2.xml} makes of a process's lines. */
class LogFilesTest {
  private static final String TIME = "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d,\\d{3}";

  @TempDir static Path folder;
  private static List<String> console;

  @BeforeAll
  static void runTheScenario() throws IOException, InterruptedException {
    console = LoggingScenario.play(folder, folder.resolve("own"));
  }

  private static List<String> own(String name) throws IOException {
    return Files.readAllLines(folder.resolve("own").resolve(name));
  }

  @Test
  void accessLinesHaveTheirFile() throws IOException {
    assertThat(own("access_log.log"))
        .singleElement()
        .asString()
        .matches(TIME + " - /127\\.0\\.0\\.1:34602 \"POST /predictions/echo HTTP/1\\.1\" 200 3");
    assertThat(console).noneMatch(line -> line.contains("/predictions/echo"));
  }

  @Test
  void serverLinesStandOnceInTheirFileAndOnTheConsole() throws IOException {
    String pattern = TIME + " \\[INFO ] main ai\\.mariner\\.server\\.Main - server line 1";
    assertThat(own("ts_log.log")).first().asString().matches(pattern);
    assertThat(console)
        .filteredOn(line -> line.contains("server line"))
        .singleElement()
        .asString()
        .matches(pattern);
  }

  @Test
  void modelLinesNameTheWorkerAndNoneIsLost() throws IOException {
    List<String> lines = own("model_log.log");
    assertThat(lines).hasSize(LoggingScenario.MODEL_LINES + 2);
    assertThat(lines.get(0))
        .matches(TIME + " \\[INFO ] W-9000-echo_1\\.0-stdout MODEL_LOG - model says \\{}");
    assertThat(lines.get(1))
        .matches(TIME + " \\[WARN ] W-9000-echo_1\\.0-stderr MODEL_LOG - model warns");
    assertThat(lines.get(lines.size() - 1)).endsWith("line " + (LoggingScenario.MODEL_LINES - 1));
    assertThat(console)
        .filteredOn(line -> line.contains("model warns"))
        .hasSize(1)
        .first()
        .asString()
        .contains("W-9000-echo_1.0-stderr");
  }

  @Test
  void metricsHaveTheirFiles() throws IOException {
    Path logs = folder.resolve("logs");
    assertThat(Files.readAllLines(logs.resolve("model_metrics.log")))
        .singleElement()
        .asString()
        .matches(
            TIME + " - T\\.ms:0\\.5\\|#Level:Model\\|#hostname:vm,requestID:id-1,timestamp:12");
    assertThat(Files.readAllLines(logs.resolve("ts_metrics.log")))
        .singleElement()
        .asString()
        .matches(TIME + " - Requests2XX\\.Count:1\\.0\\|#Level:Host");
  }
}
