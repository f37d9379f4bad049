package ai.mariner.core.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.testing.FakeWorker;
import ai.mariner.core.testing.RecordingSink;
import ai.mariner.core.testing.Requests;
import ai.mariner.core.testing.TestServer;
import ai.mariner.core.worker.WorkerError;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class WorkflowsTest {
  private static final RegisterWorkflow ORDER = new RegisterWorkflow("wf.war", null, null, null);

  private final TestServer server = TestServer.standard();

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
    RecordingSink sink = new RecordingSink();
    long id = server.inference.nextRequestId();
    Requests request = Requests.of(id, server.bodies.body("x")).model(ModelRef.of("wf"));
    server.workflows.submit(request.build(), sink);
    server.loop.runReady();
    return sink;
  }

  private FakeWorker worker(String model) {
    return server.launcher.alive().stream()
        .filter(worker -> worker.launch().model().name().equals(model))
        .findFirst()
        .orElseThrow();
  }

  private void assertNothingLeft() {
    assertThat(server.workflows.list()).isEmpty();
    assertThat(server.registry.all()).isEmpty();
    assertThat(server.launcher.alive()).isEmpty();
    assertThat(server.archives.unpacked()).isZero();
  }

  @Test
  void nodesAreModelsAndTheirAnswersGoFromOneToTheNext() {
    assertThat(server.value(server.workflows.register(ORDER))).isEqualTo("wf");
    assertThat(server.registry.defaults())
        .extracting(model -> model.key().toString())
        .containsExactly("wf__m1 3.0", "wf__post 1.0", "wf__pre 1.0");
    assertThat(worker("wf__pre").loadCommand().fields())
        .containsEntry("handler", "functions.py:pre");
    assertThat(server.workflows.describe("wf").steps()).hasSize(3);
    RecordingSink client = predict();
    worker("wf__pre").answer();
    worker("wf__m1").answer();
    worker("wf__post").answer();
    assertThat(client.answer()).isEqualTo("echo:echo:echo:x");
  }

  @Test
  void unregisteringFinishesWhatWasAcceptedAndLeavesNothing() {
    server.value(server.workflows.register(ORDER));
    RecordingSink client = predict();
    var gone = server.settle(server.workflows.unregister("wf"));
    assertThat(gone).isNotDone();
    assertThat(predict().failure().message()).isEqualTo("Workflow not found: wf");
    worker("wf__pre").answer();
    worker("wf__m1").answer();
    worker("wf__post").answer();
    assertThat(client.answer()).isEqualTo("echo:echo:echo:x");
    server.loop.runReady();
    assertThat(gone).isCompletedWithValue("wf");
    assertNothingLeft();
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
    assertNothingLeft();
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
    assertNothingLeft();
  }

  @Test
  void aGraphThatIsNoneLeavesNothing() {
    server.putWorkflow(
        "bad.war", "bad", new WorkflowSpec("functions.py", List.of(step("a", null, "a"))));
    RegisterWorkflow order = new RegisterWorkflow("bad.war", null, null, null);
    assertThat(server.failure(server.workflows.register(order)).message())
        .isEqualTo("The graph has a cycle: a -> a.");
    assertNothingLeft();
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
    worker("wf__pre").answer();
    worker("wf__m1").answer();
    worker("wf__post").answer();
    assertThat(client.answer()).isEqualTo("echo:echo:echo:x");
    server.loop.runReady();
    assertThat(closed).isCompleted();
    assertThat(predict().failure().kind()).isEqualTo(ErrorKind.SHUTTING_DOWN);
  }
}
