package ai.mariner.core.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.application.ApplicationSpec;
import ai.mariner.core.application.NodeSpec;
import ai.mariner.core.application.RouteSpec;
import ai.mariner.core.application.RouteSpec.BodyForm;
import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.testing.FakeWorker;
import ai.mariner.core.testing.RecordingSink;
import ai.mariner.core.testing.Requests;
import ai.mariner.core.testing.TestServer;
import ai.mariner.core.worker.WorkerError;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ApplicationsTest {
  private static final RegisterWorkflow ORDER = new RegisterWorkflow("app.war", null, null, null);

  private final TestServer server = TestServer.standard();

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
    RecordingSink sink = new RecordingSink();
    long id = server.inference.nextRequestId();
    Requests request = Requests.of(id, server.bodies.body("x")).model(ModelRef.of("app"));
    application.submit(route, request.build(), sink);
    server.loop.runReady();
    return sink;
  }

  private FakeWorker worker(String model) {
    return server.launcher.alive().stream()
        .filter(worker -> worker.launch().model().name().equals(model))
        .findFirst()
        .orElseThrow();
  }

  private int routeSentTo(String model) {
    List<FakeWorker.SentRun> runs = worker(model).runs();
    return runs.get(runs.size() - 1).items().get(0).route();
  }

  private void assertNothingLeft() {
    assertThat(server.workflows.list()).isEmpty();
    assertThat(server.registry.all()).isEmpty();
    assertThat(server.launcher.alive()).isEmpty();
    assertThat(server.archives.unpacked()).isZero();
    assertThat(server.door.open()).isEmpty();
  }

  @Test
  void stagesAreModelsThatKnowTheRoutesTheyAreOn() {
    Application application = registered();
    assertThat(application.ready()).isTrue();
    assertThat(worker("app__a").loadCommand().fields())
        .containsEntry("routes", "0#only\n1#first\n3#x")
        .containsEntry("worker_number", "1");
    assertThat(worker("app__b").loadCommand().fields())
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
    worker("app__a").answer();
    assertThat(client.answer()).isEqualTo("echo:x");
  }

  @Test
  void aRouteOfSeveralNodesGoesFromOneToTheNextAndEachKnowsWhere() {
    RecordingSink client = ask(registered(), 1);
    assertThat(routeSentTo("app__a")).isEqualTo(2);
    worker("app__a").answer();
    assertThat(routeSentTo("app__b")).isEqualTo(1);
    worker("app__b").answer();
    assertThat(client.answer()).isEqualTo("echo:echo:x");
  }

  @Test
  void aStageMayComeTwiceOnARoute() {
    RecordingSink client = ask(registered(), 2);
    assertThat(routeSentTo("app__b")).isEqualTo(2);
    worker("app__b").answer();
    assertThat(routeSentTo("app__b")).isEqualTo(3);
    worker("app__b").answer();
    assertThat(client.answer()).isEqualTo("echo:echo:x");
  }

  @Test
  void aNodeIsTriedAgainAsOftenAsItSays() {
    Application application = registered();
    RecordingSink client = ask(application, 3);
    worker("app__a").answer();
    worker("app__b").fail(WorkerError.HANDLER_EXCEPTION, "once");
    server.loop.runReady();
    worker("app__b").answer();
    assertThat(client.answer()).isEqualTo("echo:echo:x");
    RecordingSink unlucky = ask(application, 3);
    worker("app__a").answer();
    worker("app__b").fail(WorkerError.HANDLER_EXCEPTION, "once");
    server.loop.runReady();
    worker("app__b").fail(WorkerError.HANDLER_EXCEPTION, "twice");
    assertThat(unlucky.failure().message()).startsWith("Error executing y: ");
    assertThat(worker("app__a").runs()).hasSize(2);
  }

  @Test
  void aNodeThatIsAloneMayBeTriedAgainToo() {
    RecordingSink client = ask(registered(), 4);
    worker("app__b").fail(WorkerError.HANDLER_EXCEPTION, "once");
    server.loop.runReady();
    worker("app__b").answer();
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
    worker("app__a").answer();
    worker("app__b").answer();
    assertThat(through.answer()).isEqualTo("echo:echo:x");
    server.loop.runReady();
    assertThat(gone).isCompletedWithValue("app");
    assertNothingLeft();
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
    assertNothingLeft();
  }

  @Test
  void anApplicationWhosePathsAreTakenLeavesNothing() {
    server.door.lock();
    assertThat(server.failure(server.workflows.register(ORDER)).kind())
        .isEqualTo(ErrorKind.CONFLICT);
    assertNothingLeft();
  }

  @Test
  void aGraphThatIsNoneIsToldWithItsRoute() {
    server.putWorkflow(
        "bad.war", "bad", application(route("/x", node("x", "a", "y"), node("y", "b", "x"))));
    RegisterWorkflow order = new RegisterWorkflow("bad.war", null, null, null);
    assertThat(server.failure(server.workflows.register(order)).message())
        .startsWith("routes[0].nodes: The graph has a cycle: ");
    assertNothingLeft();
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
