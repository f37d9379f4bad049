package ai.mariner.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.BatchPolicy;
import ai.mariner.core.config.DeviceType;
import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.Profile;
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
            "models.c.1.0.deviceType: \"tpu\" (expected: one of cpu, gpu)",
            "models.c.1.0.deviceIds: [1,-1] (expected: a list of whole numbers >= 0)",
            "models.c.1.0.batchsize: unknown option (expected: an option of models; did you mean"
                + " batchSize?)",
            "models.c.1.0.responseTimeout: 0 (expected: >= 1)",
            "models.c.1.0.jobQueueSize: 1.5 (expected: a whole number >= 1)");
  }

  @Test
  void onlyWarnsOfWhatTorchserveIgnores() {
    Map<ModelKey, ModelOverrides> models =
        read(Profile.TORCHSERVE, "{'m': {'1': {'minWorkers': 0, 'batchSize': -1, 'other': 1}}}");
    assertThat(models).containsEntry(new ModelKey("m", "1"), ModelOverrides.NONE);
    assertThat(findings.problems()).isEmpty();
    assertThat(findings.warnings())
        .containsExactlyInAnyOrder(
            "models.m.1.minWorkers: 0 is ignored (expected: >= 1)",
            "models.m.1.batchSize: -1 is ignored (expected: >= 1)",
            "models.m.1.other: unknown option, ignored");
  }

  @Test
  void refusesTheCppRuntime() {
    read(Profile.TORCHSERVE, "{'m': {'1': {'runtimeType': 'LSP'}}}");
    assertThat(findings.problems())
        .containsExactly("models.m.1.runtimeType: \"LSP\" (expected: one of python, python3)");
  }

  @Test
  void refusesWhatIsNoJsonObject() {
    for (String text : List.of("{", "", "[]", "{'a': {}, 'a': {}}", "{} {}", "null")) {
      Findings own = new Findings();
      new ModelsJson(Profile.TORCHSERVE, own).read(text.replace('\'', '"'));
      assertThat(own.problems()).as(text).hasSize(1).first().asString().startsWith("models: ");
    }
  }
}
