package ai.mariner.core.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.application.ApplicationSpec;
import ai.mariner.core.application.NodeSpec;
import ai.mariner.core.application.RouteSpec;
import ai.mariner.core.application.RouteSpec.BodyForm;
import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.testing.CoreFixture;
import ai.mariner.core.testing.FakeWorker;
import ai.mariner.core.testing.RecordingSink;
import ai.mariner.core.worker.WorkerError;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ApplicationsTest {
  private static final RegisterWorkflow ORDER = new RegisterWorkflow("app.war", null, null, null);

  private final CoreFixture server = CoreFixture.standard();

  ApplicationsTest() {
    server.putWorkflow(
        "app.war",
        "app",
        application(
            route("/one", node("only", "a")),
            route("/two", node("first", "a"), node("last", "b", "first")),
            route("/loop", node("x", "b"), node("y", "b", "x")),
            route("/again", node("x", "a"), triedAgain("y", "b", "x")),
            route("/again/alone", triedAgain("z", "b"))));
  }

  private static NodeSpec node(String name, String stage, String... inputs) {
    return new NodeSpec(name, stage, List.of(inputs), 0);
  }

  private static NodeSpec triedAgain(String name, String stage, String... inputs) {
    return new NodeSpec(name, stage, List.of(inputs), 1);
  }

  private static RouteSpec route(String path, NodeSpec... nodes) {
    return new RouteSpec("POST", path, List.of(nodes), BodyForm.RAW, false, false, null, null);
  }

  private static ApplicationArchive application(RouteSpec... routes) {
    Map<String, ModelArchive> stages = new LinkedHashMap<>();
    for (String stage : List.of("a", "b")) {
      Manifest manifest = new Manifest(null, "1.0", "stage.py", "python", null);
      Path folder = Path.of("unpacked", stage);
      stages.put(
          stage,
          new ModelArchive(
              "app.war", folder, manifest, ModelOverrides.NONE, null, stage, () -> {}));
    }
    List<String> names = List.copyOf(stages.keySet());
    ApplicationSpec spec =
        new ApplicationSpec("app", names, List.of(routes), List.of(), Map.of(), null);
    return new ApplicationArchive(spec, stages);
  }

  private Application registered() {
    assertThat(server.value(server.workflows.register(ORDER))).isEqualTo("app");
    return server.door.open().get("app");
  }

  private RecordingSink ask(Application application, int route) {
    return server.ask(
        ModelRef.of("app"), (request, sink) -> application.submit(route, request, sink));
  }

  private int routeSentTo(String model) {
    List<FakeWorker.SentRun> runs = server.worker(model).runs();
    return runs.get(runs.size() - 1).items().get(0).route();
  }

  @Test
  void stagesAreModelsThatKnowTheRoutesTheyAreOn() {
    Application application = registered();
    assertThat(application.ready()).isTrue();
    assertThat(server.worker("app__a").loadCommand().fields())
        .containsEntry("routes", "0#only\n1#first\n3#x")
        .containsEntry("worker_number", "1");
    assertThat(server.worker("app__b").loadCommand().fields())
        .containsEntry("routes", "1#last\n2#x\n2#y\n3#y\n4#z");
    assertThat(server.workflows.describe("app").application()).isNotNull();
  }

  @Test
  void aRouteOfOneNodeLeadsStraightToItsModel() {
    Application application = registered();
    assertThat(application.program(0)).isEqualTo(ModelRef.of("app__a"));
    assertThat(application.program(1)).isNull();
    RecordingSink client = ask(application, 0);
    assertThat(routeSentTo("app__a")).isEqualTo(1);
    server.worker("app__a").answer();
    assertThat(client.answer()).isEqualTo("echo:x");
  }

  @Test
  void aRouteOfSeveralNodesGoesFromOneToTheNextAndEachKnowsWhere() {
    RecordingSink client = ask(registered(), 1);
    assertThat(routeSentTo("app__a")).isEqualTo(2);
    server.worker("app__a").answer();
    assertThat(routeSentTo("app__b")).isEqualTo(1);
    server.worker("app__b").answer();
    assertThat(client.answer()).isEqualTo("echo:echo:x");
  }

  @Test
  void aStageMayComeTwiceOnARoute() {
    RecordingSink client = ask(registered(), 2);
    assertThat(routeSentTo("app__b")).isEqualTo(2);
    server.worker("app__b").answer();
    assertThat(routeSentTo("app__b")).isEqualTo(3);
    server.worker("app__b").answer();
    assertThat(client.answer()).isEqualTo("echo:echo:x");
  }

  @Test
  void aNodeIsTriedAgainAsOftenAsItSays() {
    Application application = registered();
    RecordingSink client = ask(application, 3);
    server.worker("app__a").answer();
    server.worker("app__b").fail(WorkerError.HANDLER_EXCEPTION, "once");
    server.loop.runReady();
    server.worker("app__b").answer();
    assertThat(client.answer()).isEqualTo("echo:echo:x");
    RecordingSink unlucky = ask(application, 3);
    server.worker("app__a").answer();
    server.worker("app__b").fail(WorkerError.HANDLER_EXCEPTION, "once");
    server.loop.runReady();
    server.worker("app__b").fail(WorkerError.HANDLER_EXCEPTION, "twice");
    assertThat(unlucky.failure().message()).startsWith("Error executing y: ");
    assertThat(server.worker("app__a").runs()).hasSize(2);
  }

  @Test
  void aNodeThatIsAloneMayBeTriedAgainToo() {
    RecordingSink client = ask(registered(), 4);
    server.worker("app__b").fail(WorkerError.HANDLER_EXCEPTION, "once");
    server.loop.runReady();
    server.worker("app__b").answer();
    assertThat(client.answer()).isEqualTo("echo:x");
  }

  @Test
  void unregisteringFinishesWhatWasAcceptedAndLeavesNothing() {
    Application application = registered();
    RecordingSink through = ask(application, 1);
    var gone = server.settle(server.workflows.unregister("app"));
    assertThat(server.door.open()).isEmpty();
    assertThat(gone).isNotDone();
    assertThat(ask(application, 1).failure().message())
        .isEqualTo("Application app is being removed.");
    server.worker("app__a").answer();
    server.worker("app__b").answer();
    assertThat(through.answer()).isEqualTo("echo:echo:x");
    server.loop.runReady();
    assertThat(gone).isCompletedWithValue("app");
    server.assertNothingLeft();
  }

  @Test
  void aStageThatCantLoadLeavesNothingOfTheOthers() {
    server.launcher.each(
        worker -> {
          worker.connect();
          if (worker.launch().model().name().equals("app__b")) {
            worker.failLoad(WorkerError.LOAD_FAILED, "no module");
          } else {
            worker.load();
          }
        });
    assertThat(server.failure(server.workflows.register(ORDER)).kind())
        .isEqualTo(ErrorKind.LOAD_FAILED);
    server.assertNothingLeft();
  }

  @Test
  void anApplicationWhosePathsAreTakenLeavesNothing() {
    server.door.lock();
    assertThat(server.failure(server.workflows.register(ORDER)).kind())
        .isEqualTo(ErrorKind.CONFLICT);
    server.assertNothingLeft();
  }

  @Test
  void aGraphThatIsNoneIsToldWithItsRoute() {
    server.putWorkflow(
        "bad.war", "bad", application(route("/x", node("x", "a", "y"), node("y", "b", "x"))));
    RegisterWorkflow order = new RegisterWorkflow("bad.war", null, null, null);
    assertThat(server.failure(server.workflows.register(order)).message())
        .startsWith("routes[0].nodes: The graph has a cycle: ");
    server.assertNothingLeft();
  }

  @Test
  void aStopIsSeenAtOnce() {
    Application application = registered();
    var closed = server.settle(server.workflows.close(Duration.ofSeconds(1)));
    assertThat(application.ready()).isFalse();
    assertThat(closed).isCompleted();
  }

  @Test
  void anOrderOfTheStartDoesNotWaitForWorkers() {
    server.launcher.each(FakeWorker::connect);
    String name = server.value(server.workflows.register(RegisterWorkflow.atStart("app.war")));
    assertThat(name).isEqualTo("app");
    assertThat(server.door.open().get("app").ready()).isFalse();
    assertThat(server.models.health().ready()).isFalse();
  }

  @Test
  void aStartWithoutItsApplicationIsNotHealthy() {
    RegisterWorkflow order = RegisterWorkflow.atStart("nowhere.war");
    assertThat(server.failure(server.workflows.register(order)).kind())
        .isEqualTo(ErrorKind.ARCHIVE_NOT_FOUND);
    assertThat(server.models.health().reasons()).singleElement().asString().contains("nowhere");
  }
}
