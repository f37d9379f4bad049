package ai.mariner.view;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.ModelDefaults;
import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.ModelSpec;
import ai.mariner.core.message.Datatype;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.message.Signature;
import ai.mariner.core.message.TensorSpec;
import ai.mariner.core.model.Completion;
import ai.mariner.core.model.ModelPage;
import ai.mariner.core.model.ModelStatus;
import ai.mariner.core.model.ModelSummary;
import ai.mariner.core.model.RegisterResult;
import ai.mariner.core.model.ScaleResult;
import ai.mariner.core.model.SwapProgress;
import ai.mariner.core.model.SwapResult;
import ai.mariner.core.model.SwapStep;
import ai.mariner.core.model.WorkerStatus;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ManagementViewTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final ModelKey ECHO = new ModelKey("echo", "1.0");

  @Test
  void aSwapTellsItsStepsInOrder() {
    List<SwapStep> steps =
        List.of(
            new SwapStep(SwapStep.Name.FETCH, Duration.ofMillis(20)),
            new SwapStep(SwapStep.Name.LOAD, Duration.ofMillis(1500)));
    assertThat(ManagementView.swapped(new SwapResult("echo", "1.0", "2.0", 2, true, steps)))
        .isEqualToIgnoringWhitespace(
            """
            {
              "status": "Model \\"echo\\": version 2.0 has taken the place of 1.0",
              "model": "echo",
              "from": "1.0",
              "to": "2.0",
              "workers": 2,
              "oldKept": true,
              "steps": [
                {"step": "fetch", "seconds": 0.02},
                {"step": "load", "seconds": 1.5}
              ]
            }
            """);
  }

  @Test
  void describeHasAllFieldsOfTorchServeInItsOrder() throws Exception {
    JsonNode model =
        MAPPER.readTree(ManagementView.describe(List.of(status(List.of(ready()), null)))).get(0);

    List<String> names = new ArrayList<>();
    model.fieldNames().forEachRemaining(names::add);
    assertThat(String.join(" ", names))
        .isEqualTo(
            "modelName modelVersion modelUrl runtime minWorkers maxWorkers batchSize maxBatchDelay"
                + " responseTimeout startupTimeout maxRetryTimeoutInSec clientTimeoutInMills"
                + " parallelType parallelLevel deviceType deviceIds continuousBatching useJobTicket"
                + " useVenv stateful sequenceMaxIdleMSec sequenceTimeoutMSec maxNumSequence"
                + " maxSequenceJobQueueSize loadedAtStartup workers jobQueueStatus batchPolicy"
                + " defaultVersion");
    assertThat(model.get("responseTimeout").asInt()).isEqualTo(120);
    assertThat(model.get("maxBatchDelay").asInt()).isEqualTo(20);
    assertThat(model.get("deviceType").asText()).isEqualTo("cpu");
    assertThat(model.get("jobQueueStatus").toString())
        .isEqualTo("{\"remainingCapacity\":97,\"pendingRequests\":3}");
  }

  @Test
  void workersCarryTheirNumberAsTextAndTimesInUtc() throws Exception {
    JsonNode worker =
        MAPPER
            .readTree(ManagementView.describe(List.of(status(List.of(ready()), null))))
            .get(0)
            .get("workers")
            .get(0);

    assertThat(worker.toString())
        .isEqualTo(
            "{\"id\":\"9000\",\"startTime\":\"2026-11-20T07:19:08.093Z\",\"status\":\"READY\","
                + "\"memoryUsage\":4096,\"pid\":18576,\"gpu\":false,\"gpuUsage\":\"N/A\"}");
  }

  @Test
  void failuresAreShownWhereTheyHappened() throws Exception {
    WorkerStatus lost =
        new WorkerStatus(
            9001,
            Instant.EPOCH,
            WorkerStatus.State.BACKING_OFF,
            0,
            null,
            2,
            "killed by signal 9",
            null);
    JsonNode model =
        MAPPER.readTree(ManagementView.describe(List.of(status(List.of(lost), "exit 3")))).get(0);

    assertThat(model.get("lastFailure").asText()).isEqualTo("exit 3");
    assertThat(model.get("deviceType").asText()).isEqualTo("gpu");
    assertThat(model.get("workers").get(0).get("lastFailure").asText())
        .isEqualTo("killed by signal 9");
    assertThat(model.get("workers").get(0).has("pid")).isFalse();
  }

  @Test
  void aSwapUnderWayIsDescribed() throws Exception {
    SwapStep fetched = new SwapStep(SwapStep.Name.FETCH, Duration.ofMillis(20));
    ModelStatus plain = status(List.of(), null);
    ModelStatus swapped =
        new ModelStatus(
            plain.key(),
            plain.location(),
            plain.runtime(),
            plain.spec(),
            true,
            true,
            List.of(),
            0,
            false,
            new SwapProgress("2.0", List.of(fetched), SwapStep.Name.LOAD, 1, 2),
            null,
            null,
            null);
    JsonNode model = MAPPER.readTree(ManagementView.describe(List.of(swapped))).get(0);
    assertThat(model.get("swap").toString())
        .isEqualTo(
            "{\"to\":\"2.0\",\"step\":\"load\",\"readyWorkers\":1,\"wantedWorkers\":2,"
                + "\"steps\":[{\"step\":\"fetch\",\"seconds\":0.02}]}");
    JsonNode other = MAPPER.readTree(ManagementView.describe(List.of(plain))).get(0);
    assertThat(other.has("swap")).isFalse();
  }

  @Test
  void declaredTensorsAreDescribed() throws Exception {
    ModelStatus plain = status(List.of(), null);
    TensorSpec x = new TensorSpec("x", Datatype.FP32, List.of(-1L, 2L), false);
    ModelStatus declared = told(plain, new Signature(List.of(x), List.of(), true), null);
    JsonNode model = MAPPER.readTree(ManagementView.describe(List.of(declared))).get(0);
    assertThat(model.get("tensors").toString())
        .isEqualTo(
            "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[-1,2]}],"
                + "\"outputs\":[]}");
    String file =
        "{\"tensors\": {\"inputs\": [{\"name\": \"y\", \"datatype\": \"INT8\", \"shape\": []}]}}";
    JsonNode other =
        MAPPER.readTree(ManagementView.describe(List.of(told(plain, null, file)))).get(0);
    assertThat(other.at("/tensors/inputs/0/name").asText()).isEqualTo("y");
    assertThat(MAPPER.readTree(ManagementView.describe(List.of(plain))).get(0).has("tensors"))
        .isFalse();
  }

  private static ModelStatus told(
      ModelStatus plain, @Nullable Signature signature, @Nullable String declares) {
    return new ModelStatus(
        plain.key(),
        plain.location(),
        plain.runtime(),
        plain.spec(),
        true,
        true,
        List.of(),
        0,
        false,
        null,
        null,
        signature,
        declares);
  }

  @Test
  void customizedMetadataIsAnObjectWhateverTheHandlerSaid() throws Exception {
    ModelStatus echo = status(List.of(), null);
    for (String notObject : List.of("[1]", "3", "{\"a\":", "", "{} {}")) {
      byte[] bytes = notObject.getBytes(StandardCharsets.UTF_8);
      JsonNode model = MAPPER.readTree(ManagementView.describe(echo, bytes)).get(0);
      assertThat(model.get("customizedMetadata").toString()).as(notObject).isEqualTo("{}");
    }
    byte[] bytes = "{\"labels\":[\"ä\"]}".getBytes(StandardCharsets.UTF_8);
    assertThat(
            MAPPER.readTree(ManagementView.describe(echo, bytes)).get(0).get("customizedMetadata"))
        .isEqualTo(MAPPER.readTree("{\"labels\":[\"ä\"]}"));
  }

  @Test
  void listIsIndentedByTwoSpacesAndEndsWithALineEnd() {
    ModelPage page = new ModelPage(List.of(new ModelSummary("e<2>", "echo.mar")), 1);

    assertThat(ManagementView.list(page))
        .isEqualTo(
            "{\n  \"nextPageToken\": \"1\",\n  \"models\": [\n    {\n      \"modelName\":"
                + " \"e<2>\",\n      \"modelUrl\": \"echo.mar\"\n    }\n  ]\n}\n");
    assertThat(ManagementView.list(new ModelPage(List.of(), null)))
        .isEqualTo("{\n  \"models\": []\n}\n");
  }

  @Test
  void sentencesAreThoseOfTorchServe() {
    assertThat(ManagementView.registered(new RegisterResult(ECHO, 0, Completion.READY)))
        .isEqualTo(
            "Model \"echo\" Version: 1.0 registered with 0 initial workers. Use scale workers API"
                + " to add workers for the model.");
    assertThat(ManagementView.registered(new RegisterResult(ECHO, 2, Completion.READY)))
        .isEqualTo("Model \"echo\" Version: 1.0 registered with 2 initial workers");
    assertThat(ManagementView.registered(new RegisterResult(ECHO, 2, Completion.ACCEPTED)))
        .isEqualTo("Processing worker updates...");
    assertThat(ManagementView.scaled(scaled(null, ScaleResult.Outcome.DONE)))
        .isEqualTo("Workers scaled to 3 for model: echo");
    assertThat(ManagementView.scaled(scaled("1.0", ScaleResult.Outcome.DONE)))
        .isEqualTo("Workers scaled to 3 for model: echo, version: 1.0");
    assertThat(ManagementView.scaled(scaled(null, ScaleResult.Outcome.ACCEPTED)))
        .isEqualTo("Processing worker updates...");
    assertThat(ManagementView.scaled(scaled(null, ScaleResult.Outcome.IN_PROGRESS)))
        .isEqualTo("Workers scaling in progress...");
    assertThat(ManagementView.unregistered(ECHO)).isEqualTo("Model \"echo\" unregistered");
    assertThat(ManagementView.defaultSet(ECHO))
        .isEqualTo("Default version successfully updated for model \"echo\" to \"1.0\"");
  }

  @Test
  void errorsShowDetailOnlyWhenGiven() {
    assertThat(ErrorView.json(404, "ModelNotFoundException", "Model not found: \"x\"", null))
        .isEqualTo(
            "{\n  \"code\": 404,\n  \"type\": \"ModelNotFoundException\",\n  \"message\": \"Model"
                + " not found: \\\"x\\\"\"\n}\n");
    assertThat(ErrorView.json(500, "T", "m", "exit code 3"))
        .contains("\"detail\": \"exit code 3\"");
  }

  private static ScaleResult scaled(@Nullable String version, ScaleResult.Outcome outcome) {
    return new ScaleResult(new ModelRef("echo", version), 3, outcome);
  }

  @Test
  void workersOfAGroupSayWithWhomTheyShareTheirProcess() throws Exception {
    ModelStatus grouped =
        status(List.of(ready(List.of(new ModelKey("other", "2.0"))), ready(null)), null, "small");
    JsonNode model = MAPPER.readTree(ManagementView.describe(List.of(grouped))).get(0);

    assertThat(model.get("workerGroup").asText()).isEqualTo("small");
    assertThat(model.get("workers").get(0).get("sharesWith").get(0).asText())
        .isEqualTo("other/2.0");
    assertThat(model.get("workers").get(0).has("apart")).isFalse();
    assertThat(model.get("workers").get(1).get("apart").asBoolean()).isTrue();
  }

  private static WorkerStatus ready() {
    return ready(null);
  }

  private static WorkerStatus ready(@Nullable List<ModelKey> sharesWith) {
    return new WorkerStatus(
        9000,
        Instant.parse("2026-11-20T07:19:08.093Z"),
        WorkerStatus.State.READY,
        4096,
        18576L,
        null,
        null,
        sharesWith);
  }

  private static ModelStatus status(List<WorkerStatus> workers, @Nullable String lastFailure) {
    return status(workers, lastFailure, null);
  }

  private static ModelStatus status(
      List<WorkerStatus> workers, @Nullable String lastFailure, @Nullable String group) {
    ModelSpec spec =
        ModelSpec.resolve(
            List.of(
                ModelOverrides.builder()
                    .maxBatchDelay(Duration.ofMillis(20))
                    .devices(null, List.of(0))
                    .build()),
            new ModelDefaults(1, Duration.ofSeconds(120), Duration.ofSeconds(120), 100, group));
    return new ModelStatus(
        ECHO,
        "echo.mar",
        "python",
        spec,
        true,
        true,
        workers,
        3,
        false,
        null,
        lastFailure,
        null,
        null);
  }
}
