package ai.mariner.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.Profile;
import ai.mariner.core.testing.Fuzz;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Damaged configuration: a configuration or problems with words, never an exception. */
@Tag("fuzz")
class ConfigFuzzTest {
  private static final String FILE =
      "inference_address=http://127.0.0.1:8080\nmanagement_address=unix:/tmp/a.sock\n"
          + "load_models=all\njob_queue_size=10\nidle_timeout=3s\nallowed_urls=file://.*,http(s)?"
          + "\nmodel_store=a\\\n  b\nmax_request_size=6553500\nenable_envvars_config=true\n"
          + "models={\"a\":{\"1.0\":{\"batchSize\":1}}}\nvmargs=-Xmx1g\n";
  private static final String MODELS =
      "{\"a\": {\"1.0\": {\"minWorkers\": 1, \"maxWorkers\": 2, \"batchSize\": 4,"
          + " \"maxBatchDelay\": 50, \"responseTimeout\": 60, \"deviceIds\": [0, 1],"
          + " \"deviceType\": \"gpu\", \"defaultVersion\": true, \"marName\": \"a.mar\"}}}";

  private static List<byte[]> bytes(String text) {
    return List.of(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  @Test
  void files() {
    Stream<String> keys = new Settings().all().stream().map(setting -> "\n" + setting.key() + "=");
    Stream<String> odd =
        Stream.of(
            "\\", "\\u", "\\u0000", "\\ud800", "$$A$$", "$$", "\0", "\n", "=", ":", "-1", "(");
    List<String> words = Stream.concat(keys, odd).toList();
    for (Profile profile : Profile.values()) {
      new Fuzz("server", "config", bytes(FILE), words)
          .run(200, bytes -> loadFile(profile, text(bytes)));
    }
  }

  /** A malformed escape is the one thing that the syntax of properties itself refuses. */
  private static void loadFile(Profile profile, String text) {
    try {
      load(Loading.as(profile).file(text));
    } catch (IllegalArgumentException e) {
      assertThat(e).hasMessageContaining("Malformed \\uxxxx encoding");
    }
  }

  private static void load(Loading loading) {
    assertThat(loading.problems()).allMatch(problem -> !problem.isBlank());
  }

  @Test
  void modelsJson() {
    List<String> words =
        List.of(
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"",
            "null",
            "true",
            "-1",
            "1e999",
            "0.5",
            "\\u0000",
            "\"batchSize\": ",
            "\"\": {}",
            "99999999999999999999");
    for (Profile profile : Profile.values()) {
      new Fuzz("server", "models", bytes(MODELS), words)
          .run(1000, bytes -> new ModelsJson(profile, new Findings()).read(text(bytes)));
    }
  }
}
