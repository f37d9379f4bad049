package ai.mariner.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.BatchPolicy;
import ai.mariner.core.config.CrewOptions;
import ai.mariner.core.config.DeviceType;
import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.Profile;
import ai.mariner.core.config.ProgramOptions;
import ai.mariner.core.config.RetryOnWorkerLoss;
import ai.mariner.core.message.ModelKey;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ModelsJsonTest {
  private final Findings findings = new Findings();

  private Map<ModelKey, ModelOverrides> read(Profile profile, String json) {
    return new ModelsJson(profile, findings).read(json.replace('\'', '"'));
  }

  @Test
  void refusesNamesAndVersionsThatNoModelCanHave() {
    read(Profile.TORCHSERVE, "{'org/net': {'1.0': {}}, 'net': {'1/2': {}, '1.0': {}}}");
    assertThat(findings.problems())
        .hasSize(2)
        .allMatch(problem -> problem.contains("without / and control characters"))
        .anyMatch(problem -> problem.startsWith("models.org/net: org/net"))
        .anyMatch(problem -> problem.startsWith("models.net.1/2: 1/2"));
  }

  @Test
  void readsEveryOption() {
    Map<ModelKey, ModelOverrides> models =
        read(
            Profile.MARINER,
            """
            {'echo': {'1.0': {'defaultVersion': true, 'marName': 'echo.mar', 'minWorkers': 1,
              'maxWorkers': 2, 'batchSize': 4, 'maxBatchDelay': 50, 'responseTimeout': 7,
              'startupTimeout': 8, 'runtimeType': 'python', 'batchPolicy': 'window',
              'jobQueueSize': 9, 'requestTimeout': 1500, 'maxRetryTimeoutInSec': 10,
              'deviceType': 'gpu', 'deviceIds': [0, 2], 'retryOnWorkerLoss': 'never', 'prepareAhead': true},
              '2.0': {}}}
            """);
    assertThat(findings.problems()).isEmpty();
    assertThat(findings.warnings()).isEmpty();
    assertThat(models)
        .containsOnlyKeys(new ModelKey("echo", "1.0"), new ModelKey("echo", "2.0"))
        .containsEntry(new ModelKey("echo", "2.0"), ModelOverrides.NONE)
        .containsEntry(
            new ModelKey("echo", "1.0"),
            ModelOverrides.builder()
                .set(ProgramOptions.DEFAULT_VERSION, true)
                .set(ProgramOptions.MAR_NAME, "echo.mar")
                .set(CrewOptions.RUNTIME_TYPE, "python")
                .workers(1, 2)
                .batchSize(4)
                .maxBatchDelay(Duration.ofMillis(50))
                .batchPolicy(BatchPolicy.WINDOW)
                .responseTimeout(Duration.ofSeconds(7))
                .startupTimeout(Duration.ofSeconds(8))
                .jobQueueSize(9)
                .requestTimeout(Duration.ofMillis(1500))
                .maxRetryTimeout(Duration.ofSeconds(10))
                .devices(DeviceType.GPU, List.of(0, 2))
                .retryOnWorkerLoss(RetryOnWorkerLoss.NEVER)
                .prepareAhead(true)
                .build());
  }

  @Test
  void namesEachProblemByItsPath() {
    read(
        Profile.MARINER,
        """
        {'a': 1, 'b': {'1': []}, 'c': {'1.0': {'batchSize': 'x', 'minWorkers': 3, 'maxWorkers': 2,
          'deviceType': 'tpu', 'deviceIds': [1, -1], 'runtimeType': 'python', 'batchsize': 2,
          'responseTimeout': 0, 'jobQueueSize': 1.5}}}
        """);
    assertThat(findings.problems())
        .containsExactlyInAnyOrder(
            "models.a: 1 (expected: a JSON object)",
            "models.b.1: [] (expected: a JSON object)",
            "models.c.1.0.batchSize: \"x\" (expected: a whole number >= 1)",
            "models.c.1.0.maxWorkers: 2 (expected: >= minWorkers, 3)",
            "models.c.1.0.deviceType: \"tpu\" (expected: cpu or gpu)",
            "models.c.1.0.deviceIds: [1, -1] (expected: a list of different whole numbers >= 0)",
            "models.c.1.0.batchsize: unknown option (expected: an option of models; did you mean"
                + " batchSize?)",
            "models.c.1.0.responseTimeout: 0 (expected: a whole number of seconds >= 1)",
            "models.c.1.0.jobQueueSize: 1.5 (expected: a whole number >= 0)");
  }

  @Test
  void onlyWarnsOfWhatTorchserveIgnores() {
    Map<ModelKey, ModelOverrides> models =
        read(Profile.TORCHSERVE, "{'m': {'1': {'minWorkers': 0, 'batchSize': -1, 'other': 1}}}");
    assertThat(models).containsEntry(new ModelKey("m", "1"), ModelOverrides.NONE);
    assertThat(findings.problems()).isEmpty();
    assertThat(findings.warnings())
        .containsExactlyInAnyOrder(
            "models.m.1.minWorkers: 0 is ignored (expected: a whole number >= 1)",
            "models.m.1.batchSize: -1 is ignored (expected: a whole number >= 1)",
            "models.m.1.other: unknown option, ignored");
  }

  @Test
  void refusesTheCppRuntime() {
    read(Profile.TORCHSERVE, "{'m': {'1': {'runtimeType': 'LSP'}}}");
    assertThat(findings.problems())
        .containsExactly("models.m.1.runtimeType: \"LSP\" (expected: python or python3)");
  }

  @Test
  void refusesWhatIsNoJsonObject() {
    for (String text : List.of("{", "", "[]", "{} {}", "null")) {
      Findings own = new Findings();
      new ModelsJson(Profile.TORCHSERVE, own).read(text.replace('\'', '"'));
      assertThat(own.problems()).as(text).hasSize(1).first().asString().startsWith("models: ");
    }
  }

  @Test
  void takesUnderTorchserveWhatItsUsersWrite() {
    String text =
        """
        {# the only one
          'm': {"1": {batchSize: "4", "minWorkers": 1.0, 'defaultVersion': True, "autoscale": "True",
            "deviceType": "True", /* more */ "jobQueueSize": 2.5,}}}
        """;
    Map<ModelKey, ModelOverrides> models = new ModelsJson(Profile.TORCHSERVE, findings).read(text);
    assertThat(models.get(new ModelKey("m", "1")))
        .isEqualTo(
            ModelOverrides.builder()
                .batchSize(4)
                .workers(1, null)
                .jobQueueSize(2)
                .set(CrewOptions.AUTOSCALE, true)
                .set(ProgramOptions.DEFAULT_VERSION, true)
                .build());
    assertThat(findings.problems())
        .containsExactly("models.m.1.deviceType: \"True\" (expected: cpu or gpu)");
    assertThat(findings.warnings())
        .contains(
            "models.m.1.batchSize: \"4\" is taken as 4 (expected: a whole number >= 1)",
            "models.m.1.minWorkers: 1.0 is taken as 1 (expected: a whole number >= 1)",
            "models.m.1.jobQueueSize: 2.5 is taken as 2 (expected: a whole number >= 0)",
            "models.m.1.autoscale: \"True\" is taken as true (expected: true or false)")
        .anyMatch(
            w -> w.startsWith("models: {") && w.contains(" is taken as JSON (expected: JSON; "));
  }

  @Test
  void refusesUnderMarinerWhatIsNoJsonAndNoNumber() {
    read(Profile.MARINER, "{'m': {'1': {'batchSize': '4', 'minWorkers': 1.0}}}");
    assertThat(findings.problems())
        .containsExactlyInAnyOrder(
            "models.m.1.batchSize: \"4\" (expected: a whole number >= 1)",
            "models.m.1.minWorkers: 1.0 (expected: a whole number >= 1)");
    for (String text : List.of("{'a': {}}", "{\"a\": {},}", "{} // x", "{\"a\": {}, \"a\": {}}")) {
      Findings own = new Findings();
      new ModelsJson(Profile.MARINER, own).read(text);
      assertThat(own.problems()).as(text).hasSize(1).first().asString().startsWith("models: ");
    }
  }

  @Test
  void refusesTwoDefaultsOfAModelAndTwoNamesOfAnArchive() {
    read(
        Profile.TORCHSERVE,
        """
        {'m': {'1': {'defaultVersion': true, 'marName': 'm.mar'}, '2': {'defaultVersion': true}},
         'n': {'1': {'defaultVersion': true, 'marName': 'm.mar'}}}
        """);
    assertThat(findings.problems())
        .containsExactlyInAnyOrder(
            "models.m.2.defaultVersion: true (expected: true for one version of a model, not also"
                + " for 1)",
            "models.n.1.marName: m.mar (expected: an archive of one model, not also of m)");
  }
}
