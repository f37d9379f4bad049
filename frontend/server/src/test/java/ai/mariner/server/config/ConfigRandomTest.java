package ai.mariner.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.Profile;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Whatever the file and the environment say, the loader answers with a configuration or problems.
 */
class ConfigRandomTest {
  private static final int RUNS = 250;
  private static final List<String> VALUES =
      List.of(
          "",
          " ",
          "0",
          "1",
          "-1",
          "true",
          "false",
          "all",
          "a.mar,b",
          "http://127.0.0.1:1234",
          "https://h",
          "unix:/x",
          "unix:" + "/y".repeat(80),
          "$$HOME$$",
          "$$$$",
          "$$A B$$",
          "{}",
          "{\"a\":{\"1\":{\"batchSize\":1}}}",
          "{\"a\":[1",
          "[",
          "(",
          "*",
          "é",
          "\0",
          "1e400",
          "9999999999999999999",
          "99999999999h",
          "1.5",
          "NaN",
          "prometheus",
          "[::1]",
          "=",
          "a=");

  @ParameterizedTest
  @EnumSource(Profile.class)
  void nothingMakesTheLoaderThrow(Profile profile) {
    List<Setting<?>> settings = new Settings().all();
    for (int run = 0; run < RUNS; run++) {
      Random random = new Random(run);
      List<String> lines = new ArrayList<>();
      lines.add("enable_envvars_config=" + random.nextBoolean());
      Loading loading = Loading.as(profile);
      for (int i = random.nextInt(8); i >= 0; i--) {
        String key = settings.get(random.nextInt(settings.size())).key();
        lines.add(key + "=" + VALUES.get(random.nextInt(VALUES.size())));
      }
      Setting<?> fromEnvironment = settings.get(random.nextInt(settings.size()));
      loading.env(fromEnvironment.environmentName(), VALUES.get(random.nextInt(VALUES.size())));
      if (random.nextInt(10) == 0) {
        loading.env("TS_MODEL_SERVER_HOME", VALUES.get(random.nextInt(VALUES.size())));
      }
      loading.file(lines.toArray(String[]::new));
      ConfigOutcome outcome = loading.outcome();
      if (outcome instanceof ConfigOutcome.Refused refused) {
        assertThat(refused.problems())
            .as("run %d: %s", run, lines)
            .isNotEmpty()
            .doesNotHaveDuplicates()
            .allMatch(problem -> problem.contains(": "));
      } else {
        assertThat(outcome).isInstanceOf(ConfigOutcome.Loaded.class);
      }
    }
  }
}
