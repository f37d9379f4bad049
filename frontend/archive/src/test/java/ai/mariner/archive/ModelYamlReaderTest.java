package ai.mariner.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import ai.mariner.core.config.BatchPolicy;
import ai.mariner.core.config.CrewOptions;
import ai.mariner.core.config.DeviceType;
import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.Profile;
import ai.mariner.core.config.ProgramOptions;
import ai.mariner.core.config.RetryOnWorkerLoss;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.Datatype;
import ai.mariner.core.message.Signature;
import ai.mariner.core.message.TensorSpec;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ModelYamlReaderTest {
  private static ModelYamlReader.Result read(String yaml) {
    return new ModelYamlReader(Profile.TORCHSERVE).read(yaml, "c.yaml");
  }

  private static String refusal(String yaml) {
    return refusal(yaml, Profile.TORCHSERVE);
  }

  private static String refusal(String yaml, Profile profile) {
    Throwable thrown = catchThrowable(() -> new ModelYamlReader(profile).read(yaml, "c.yaml"));
    assertThat(thrown).isInstanceOf(ServeException.class);
    ServeException refusal = (ServeException) thrown;
    assertThat(refusal.failure().kind()).isEqualTo(ErrorKind.ARCHIVE_INVALID);
    assertThat(refusal.failure().message()).startsWith("c.yaml");
    return refusal.failure().message();
  }

  @Test
  void readsEveryOption() {
    ModelYamlReader.Result result =
        read(
            """
            minWorkers: 2
            maxWorkers: 4
            batchSize: 8
            maxBatchDelay: 50
            batchPolicy: Greedy
            responseTimeout: 60
            startupTimeout: 600
            maxRetryTimeoutInSec: 30
            requestTimeout: 1500
            jobQueueSize: 12
            deviceType: "gpu"
            deviceIds: [0, 2]
            retryOnWorkerLoss: unstarted
            prepareAhead: true
            """);
    assertThat(result.warnings()).isEmpty();
    assertThat(result.overrides())
        .isEqualTo(
            ModelOverrides.builder()
                .workers(2, 4)
                .batchSize(8)
                .maxBatchDelay(Duration.ofMillis(50))
                .batchPolicy(BatchPolicy.GREEDY)
                .responseTimeout(Duration.ofSeconds(60))
                .startupTimeout(Duration.ofSeconds(600))
                .maxRetryTimeout(Duration.ofSeconds(30))
                .requestTimeout(Duration.ofMillis(1500))
                .jobQueueSize(12)
                .devices(DeviceType.GPU, List.of(0, 2))
                .retryOnWorkerLoss(RetryOnWorkerLoss.UNSTARTED)
                .prepareAhead(true)
                .build());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "# nothing\n",
        "batchSize:\n",
        "handler:\n  model_path: x\npt2: {compile: {enable: true}}\nmicro_batching: {a: 1}\n",
        "parallelType: \"\"\n",
        "jobQueueSize: 0\nclientTimeoutInMills: 0\nrequestTimeout: 0\n",
        "\uFEFFpippy: {rpc_timeout: 5}\n",
        "1: one\n[a, b]: pair\n",
      })
  void leavesAbsentWhatIsNotGiven(String yaml) {
    ModelYamlReader.Result result = read(yaml);
    assertThat(result.overrides()).isEqualTo(ModelOverrides.NONE);
    assertThat(result.warnings()).isEmpty();
  }

  @Test
  void takesAZeroDelayAsAValue() {
    assertThat(read("maxBatchDelay: 0").overrides().get(ProgramOptions.MAX_BATCH_DELAY))
        .isEqualTo(Duration.ZERO);
  }

  @Test
  void takesZeroWorkersAsOneAndSaysSo() {
    ModelYamlReader.Result result = read("x: 1\nminWorkers: 0\nmaxWorkers: 2\n");
    assertThat(result.overrides().get(CrewOptions.MIN_WORKERS)).isEqualTo(1);
    assertThat(result.overrides().get(CrewOptions.MAX_WORKERS)).isEqualTo(2);
    assertThat(result.warnings())
        .singleElement()
        .asString()
        .contains("c.yaml line 2: minWorkers: 0");
  }

  @Test
  void knowsTheClientTimeoutByItsOldName() {
    Duration second = Duration.ofSeconds(1);
    assertThat(read("clientTimeoutInMills: 1000").overrides().get(ProgramOptions.REQUEST_TIMEOUT))
        .isEqualTo(second);
    assertThat(refusal("clientTimeoutInMills: 1000\nrequestTimeout: 2000"))
        .contains("clientTimeoutInMills and requestTimeout differ (expected: only one");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "batchSize: 0 | batchSize: 0 (expected: a whole number >= 1)",
        "minWorkers: \"1\" | minWorkers: \"1\" (expected: a whole number >= 1)",
        "batchSize: -3 | batchSize: -3 (expected: a whole number",
        "batchSize: many | batchSize: \"many\" (expected: a whole number",
        "batchSize: 1.5 | batchSize: 1.5 (expected: a whole number",
        "batchSize: 3000000000 | batchSize: 3000000000 (expected: a whole number >= 1 and <="
            + " 2147483647)",
        "batchSize: [1] | batchSize: [1] (expected: a whole number",
        "minWorkers: -1 | minWorkers: -1 (expected: a whole number >= 1",
        "maxWorkers: 0 | maxWorkers: 0 (expected: a whole number >= 1)",
        "{minWorkers: 3, maxWorkers: 2} | maxWorkers: 2 (expected: >= minWorkers, 3)",
        "maxBatchDelay: -1 | maxBatchDelay: -1 (expected: a whole number of milliseconds >= 0",
        "batchPolicy: eager | batchPolicy: \"eager\" (expected: greedy or window)",
        "responseTimeout: 0 | responseTimeout: 0 (expected: a whole number of seconds >= 1",
        "deviceType: tpu | deviceType: \"tpu\" (expected: cpu or gpu)",
        "deviceIds: 0 | deviceIds: 0 (expected: a list of different whole numbers >= 0)",
        "deviceIds: [0, -1] | deviceIds: [0, -1] (expected: a list",
        "deviceIds: [0, 0] | deviceIds: [0, 0] (expected: a list",
        "prepareAhead: 3 | prepareAhead: 3 (expected: true or false)",
        "retryOnWorkerLoss: yes | retryOnWorkerLoss: true (expected: mates or unstarted or never)",
        "useVenv: maybe | useVenv: \"maybe\" (expected: true or false)",
        "parallelType: x | parallelType: \"x\" (expected: tp or pp or pptp or custom or \"\")",
      })
  void namesKeyValueAndExpectation(String yaml, String message) {
    assertThat(refusal(yaml)).contains("c.yaml line 1: ").contains(message);
  }

  @Test
  void reportsEveryProblemWithItsLine() {
    assertThat(refusal("# comment\nbatchSize: 0\n\ndeviceType: tpu\nhandler: {}\nminWorkers: x\n"))
        .contains("line 2: batchSize")
        .contains("line 4: deviceType")
        .contains("line 6: minWorkers");
  }

  @ParameterizedTest
  @CsvSource({
    "batch_size, batchSize",
    "BatchSize, batchSize",
    "batchsiz, batchSize",
    "minWorker, minWorkers",
    "max-batch-delay, maxBatchDelay",
    "clientTimeoutInMillis, clientTimeoutInMills",
    "deviceIDs, deviceIds",
    "responseTimeOut, responseTimeout"
  })
  void findsMisspeltKeys(String given, String meant) {
    String yaml = "a: 1\n" + given + ": 1\n";
    assertThat(read(yaml).warnings())
        .containsExactly("c.yaml line 2: " + given + ": unknown key (expected: " + meant + "?)");
    assertThat(refusal(yaml, Profile.MARINER))
        .isEqualTo("c.yaml line 2: " + given + ": unknown key (expected: " + meant + "?)");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[1, 2]",
        "text",
        "a: [",
        "a: 1\na: 2",
        "a: !!python/object:os.system {}",
        "a: !!javax.script.ScriptEngineManager []",
        "a: b: c",
        "\tbatchSize: 1",
        "a: *none",
        "--- 1\n--- 2\n",
        "a: \u0007",
        "? {a: b}\n: {<<: 5}\n",
      })
  void refusesWhatIsNoPlainMapping(String yaml) {
    assertThat(refusal(yaml)).contains("(expected: ");
  }

  @Test
  void boundsDepthAliasesAndRecursion() {
    assertThat(refusal("a: " + "[".repeat(2000) + "]".repeat(2000))).contains("expected");
    StringBuilder bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 12; i++) {
      String alias = "*a" + (i - 1);
      String nine = String.join(", ", java.util.Collections.nCopies(9, alias));
      bomb.append("a" + i + ": &a" + i + " [" + nine + "]\n");
    }
    assertThat(refusal(bomb.toString())).contains("aliases");
    assertThat(refusal("deviceIds: &x [*x]")).contains("deviceIds: a list");
    assertThat(read("handler: &x {me: *x}").overrides()).isEqualTo(ModelOverrides.NONE);
  }

  @Test
  void readsTheTensorsThatAModelDeclares() {
    String yaml =
        """
        tensors:
          inputs:
            - {name: x, datatype: FP32, shape: [-1, 3], optional: true}
          outputs:
            - {name: y, datatype: BYTES, shape: []}
          batchAxis: none
          framework: torch
        """;
    assertThat(read(yaml).signature())
        .isEqualTo(
            new Signature(
                List.of(new TensorSpec("x", Datatype.FP32, List.of(-1L, 3L), true)),
                List.of(new TensorSpec("y", Datatype.BYTES, List.of(), false)),
                false));
    assertThat(read("tensors: {}").signature())
        .isEqualTo(new Signature(List.of(), List.of(), true));
    assertThat(read("tensors: {framework: none}").signature())
        .isEqualTo(new Signature(List.of(), List.of(), true, true));
    assertThat(read("batchSize: 2").signature()).isNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "tensors: 3 | tensors: 3 (expected: a mapping with inputs and outputs)",
        "tensors: {input: []} | tensors: unknown key input (expected: inputs, outputs, batchAxis",
        "tensors: {batchAxis: 1} | tensors: batchAxis: 1 (expected: 0 or none)",
        "tensors: {batchAxis: false} | tensors: batchAxis: false (expected: 0 or none)",
        "tensors: {framework: jax} | tensors: framework: jax (expected: numpy, torch or none)",
        "tensors: {inputs: x} | tensors: inputs: x (expected: a list)",
        "tensors: {inputs: [x]} | tensors: inputs[0]: x (expected: a mapping with name",
        "tensors: {inputs: [{datatype: FP32, shape: []}]} | inputs[0]: name: nothing (expected",
        "tensors: {inputs: [{name: x, datatype: F, shape: []}]} | datatype: F (expected: one of BO",
        "tensors: {inputs: [{name: x, datatype: INT8}]} | shape: nothing (expected: a list of",
        "tensors: {inputs: [{name: x, datatype: INT8, shape: [-2]}]} | shape: -2 (expected: numb",
        "tensors: {inputs: [{name: x, datatype: INT8, shape: [], optional: 1}]} | optional: 1 (exp",
      })
  void aMalformedDeclarationIsRefusedWithItsPlace(String yaml, String message) {
    assertThat(refusal(yaml)).startsWith("c.yaml line 1: tensors: ").contains(message);
  }

  @Test
  void anInputIsDeclaredOnce() {
    String x = "{name: x, datatype: INT8, shape: []}";
    assertThat(refusal("tensors: {inputs: [" + x + ", " + x + "]}"))
        .contains("tensors: inputs: x (expected: each name once)");
  }
}
