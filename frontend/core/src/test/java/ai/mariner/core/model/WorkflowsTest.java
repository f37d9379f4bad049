package ai.mariner.core.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.testing.CoreFixture;
import ai.mariner.core.testing.RecordingSink;
import ai.mariner.core.worker.WorkerError;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class WorkflowsTest {
  private static final RegisterWorkflow ORDER = new RegisterWorkflow("wf.war", null, null, null);

  private final CoreFixture server = CoreFixture.standard();

  WorkflowsTest() {
    server.archives.put("m1.mar", "m1", "3.0");
    server.putWorkflow(
        "wf.war",
        "wf",
        new WorkflowSpec(
            "functions.py",
            List.of(step("pre", null), step("m1", "m1.mar", "pre"), step("post", null, "m1"))));
  }

  private static WorkflowSpec.Step step(String name, @Nullable String url, String... inputs) {
    ModelOverrides options = ModelOverrides.builder().workers(1, 1).build();
    return new WorkflowSpec.Step(name, url, List.of(inputs), options, 0, Duration.ofSeconds(10));
  }

  private RecordingSink predict() {
    return server.ask(ModelRef.of("wf"), server.workflows::submit);
  }

  @Test
  void nodesAreModelsAndTheirAnswersGoFromOneToTheNext() {
    assertThat(server.value(server.workflows.register(ORDER))).isEqualTo("wf");
    assertThat(server.registry.defaults())
        .extracting(model -> model.key().toString())
        .containsExactly("wf__m1 3.0", "wf__post 1.0", "wf__pre 1.0");
    assertThat(server.worker("wf__pre").loadCommand().fields())
        .containsEntry("handler", "functions.py:pre");
    assertThat(server.workflows.describe("wf").steps()).hasSize(3);
    RecordingSink client = predict();
    server.worker("wf__pre").answer();
    server.worker("wf__m1").answer();
    server.worker("wf__post").answer();
    assertThat(client.answer()).isEqualTo("echo:echo:echo:x");
  }

  @Test
  void unregisteringFinishesWhatWasAcceptedAndLeavesNothing() {
    server.value(server.workflows.register(ORDER));
    RecordingSink client = predict();
    var gone = server.settle(server.workflows.unregister("wf"));
    assertThat(gone).isNotDone();
    assertThat(predict().failure().message()).isEqualTo("Workflow not found: wf");
    server.worker("wf__pre").answer();
    server.worker("wf__m1").answer();
    server.worker("wf__post").answer();
    assertThat(client.answer()).isEqualTo("echo:echo:echo:x");
    server.loop.runReady();
    assertThat(gone).isCompletedWithValue("wf");
    server.assertNothingLeft();
    assertThat(server.value(server.workflows.register(ORDER))).isEqualTo("wf");
  }

  @Test
  void aNodeThatCantLoadLeavesNothingOfTheOthers() {
    server.launcher.each(
        worker -> {
          if (worker.launch().model().name().equals("wf__post")) {
            worker.connect();
            worker.failLoad(WorkerError.LOAD_FAILED, "no such function");
          } else {
            worker.connectAndLoad();
          }
        });
    assertThat(server.failure(server.workflows.register(ORDER)).kind())
        .isEqualTo(ErrorKind.LOAD_FAILED);
    server.assertNothingLeft();
  }

  @Test
  void aModelThatIsNotThereLeavesNothing() {
    server.putWorkflow(
        "bad.war",
        "bad",
        new WorkflowSpec("functions.py", List.of(step("a", null), step("b", "no.mar", "a"))));
    RegisterWorkflow order = new RegisterWorkflow("bad.war", null, null, null);
    assertThat(server.failure(server.workflows.register(order)).kind())
        .isEqualTo(ErrorKind.ARCHIVE_NOT_FOUND);
    server.assertNothingLeft();
  }

  @Test
  void aGraphThatIsNoneLeavesNothing() {
    server.putWorkflow(
        "bad.war", "bad", new WorkflowSpec("functions.py", List.of(step("a", null, "a"))));
    RegisterWorkflow order = new RegisterWorkflow("bad.war", null, null, null);
    assertThat(server.failure(server.workflows.register(order)).message())
        .isEqualTo("The graph has a cycle: a -> a.");
    server.assertNothingLeft();
  }

  @Test
  void aNameIsTakenOnce() {
    server.value(server.workflows.register(ORDER));
    assertThat(server.failure(server.workflows.register(ORDER)).kind())
        .isEqualTo(ErrorKind.CONFLICT);
    assertThat(server.workflows.list()).hasSize(1);
    assertThat(server.archives.unpacked()).isEqualTo(2);
  }

  @Test
  void aWorkflowThatIsNotThereIsNotFound() {
    assertThat(server.failure(server.workflows.unregister("wf")).kind())
        .isEqualTo(ErrorKind.MODEL_NOT_FOUND);
  }

  @Test
  void aStopFinishesWhatWasAccepted() {
    server.value(server.workflows.register(ORDER));
    RecordingSink client = predict();
    server.models.announceStop();
    server.inference.close();
    var closed = server.settle(server.workflows.close(Duration.ofSeconds(30)));
    server.worker("wf__pre").answer();
    server.worker("wf__m1").answer();
    server.worker("wf__post").answer();
    assertThat(client.answer()).isEqualTo("echo:echo:echo:x");
    server.loop.runReady();
    assertThat(closed).isCompleted();
    assertThat(predict().failure().kind()).isEqualTo(ErrorKind.SHUTTING_DOWN);
  }
}
