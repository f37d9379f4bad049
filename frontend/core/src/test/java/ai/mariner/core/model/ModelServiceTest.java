package ai.mariner.core.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.mariner.core.config.CrewOptions;
import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.ProgramOptions;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.testing.Configs;
import ai.mariner.core.testing.CoreFixture;
import ai.mariner.core.testing.FakeWorker;
import ai.mariner.core.testing.RecordingSink;
import ai.mariner.core.worker.WorkerError;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

class ModelServiceTest {
  private static final ModelKey V1 = new ModelKey("echo", "1.0");
  private static final ModelKey V2 = new ModelKey("echo", "2.0");

  private final CoreFixture server = CoreFixture.standard();

  ModelServiceTest() {
    server.archives.put("echo.mar", "echo", "1.0").put("echo2.mar", "echo", "2.0");
  }

  private static ModelRef ref(ModelKey key) {
    return new ModelRef(key.name(), key.version());
  }

  private static RegisterModel atStart(String location) {
    return new RegisterModel(
        location, null, null, null, null, ModelOverrides.NONE, Completion.ACCEPTED, true);
  }

  private void register(String location) {
    server.value(server.models.register(CoreFixture.order(location, 1)));
  }

  private RecordingSink predict(ModelRef model) {
    return server.ask(model, server.inference::submit);
  }

  /** Nothing of a model is left: no process, no folder, no name, no meters. */
  private void assertNothingLeft() {
    server.assertNothingLeft();
    assertThat(server.metrics.knows(V1)).isFalse();
    assertThat(server.loop.waitingTimers()).isZero();
  }

  @Test
  void aModelIsRegisteredAndServes() {
    RegisterResult result = server.value(server.models.register(CoreFixture.order("echo.mar", 2)));
    assertThat(result).isEqualTo(new RegisterResult(V1, 2, Completion.READY));
    RecordingSink sink = predict(ModelRef.of("echo"));
    server.launcher.alive().stream()
        .filter(worker -> !worker.openRuns().isEmpty())
        .forEach(FakeWorker::answer);
    assertThat(sink.answer()).isEqualTo("echo:x");
    assertThat(server.metrics.model(V1).received()).isEqualTo(1);
  }

  @Test
  void theWorkersOfTheRequestWinOverThoseOfTheArchive() {
    server.archives.put(
        "own.mar", "own", "1.0", "handler.py", ModelOverrides.builder().workers(1, 1).build());
    RegisterResult asked = server.value(server.models.register(CoreFixture.order("own.mar", 3)));
    assertThat(asked.workers()).isEqualTo(3);
    assertThat(server.launcher.alive()).hasSize(3);
  }

  @Test
  void aCallThatDoesNotWaitIsAnsweredBeforeTheWorkersAreReady() {
    server.launcher.each(FakeWorker::connect);
    RegisterModel order = CoreFixture.order("echo.mar", 1);
    RegisterModel hasty =
        new RegisterModel(
            "echo.mar", null, null, null, null, order.overrides(), Completion.ACCEPTED, false);
    assertThat(server.value(server.models.register(hasty)).completion())
        .isEqualTo(Completion.ACCEPTED);
  }

  @Test
  void aModelWhoseWorkersCanNotLoadItLeavesNothingBehind() {
    server.launcher.each(
        worker -> {
          worker.connect();
          worker.failLoad(WorkerError.LOAD_FAILED, "no such layer");
        });
    Failure failure = server.failure(server.models.register(CoreFixture.order("echo.mar", 2)));
    assertThat(failure.kind()).isEqualTo(ErrorKind.LOAD_FAILED);
    assertThat(failure.message()).contains("no such layer");
    assertNothingLeft();
  }

  @Test
  void aFailedFirstVersionLeavesTheDefaultToTheOneThatWorks() {
    server.launcher.each(FakeWorker::connect);
    CompletableFuture<RegisterResult> first =
        server.settle(server.models.register(CoreFixture.order("echo.mar", 1)));
    server.launcher.healthy();
    register("echo2.mar");
    server.launcher.worker(0).failLoad(WorkerError.LOAD_FAILED, "broken");
    assertThat(server.failure(first).kind()).isEqualTo(ErrorKind.LOAD_FAILED);
    assertThat(server.registry.require(ModelRef.of("echo")).key()).isEqualTo(V2);
    assertThat(server.models.health().ready()).isTrue();
    assertThat(server.archives.unpacked()).isEqualTo(1);
  }

  @Test
  void aModelThatAsksForAGroupAndCantShareIsRefused() {
    server.archives.put(
        "own.mar",
        "own",
        "1.0",
        "handler.py",
        ModelOverrides.builder()
            .set(CrewOptions.WORKER_GROUP, "small")
            .set(ProgramOptions.ASYNC_COMMUNICATION, true)
            .build());
    Failure failure = server.failure(server.models.register(CoreFixture.order("own.mar", 1)));
    assertThat(failure.message())
        .isEqualTo(
            "Model own 1.0: workerGroup: small, with asyncCommunication"
                + " (expected: none, or a model without it)");
    assertNothingLeft();
  }

  @Test
  void anArchiveWithoutANameOrHandlerIsRefusedAndGivenBack() {
    server.archives.put("bare.mar", null, "1.0");
    server.archives.put("mute.mar", "mute", "1.0", null, ModelOverrides.NONE);
    assertThat(server.failure(server.models.register(CoreFixture.order("bare.mar", 1))).kind())
        .isEqualTo(ErrorKind.ARCHIVE_INVALID);
    Failure mute = server.failure(server.models.register(CoreFixture.order("mute.mar", 1)));
    assertThat(mute.message()).contains("default_service_handler");
    assertThat(server.failure(server.models.register(CoreFixture.order("none.mar", 1))).kind())
        .isEqualTo(ErrorKind.ARCHIVE_NOT_FOUND);
    assertNothingLeft();
    register("echo.mar");
  }

  @Test
  void theSameVersionIsNotRegisteredTwice() {
    register("echo.mar");
    Failure failure = server.failure(server.models.register(CoreFixture.order("echo.mar", 1)));
    assertThat(failure.kind()).isEqualTo(ErrorKind.CONFLICT);
    assertThat(server.archives.unpacked()).isEqualTo(1);
    assertThat(server.launcher.alive()).hasSize(1);
  }

  @Test
  void ofManyConcurrentRegistrationsOfAVersionOneWins() {
    int callers = 16;
    ExecutorService threads = Executors.newFixedThreadPool(callers);
    CoreFixture concurrent = new CoreFixture(Configs.server(Path.of("server")).build(), threads);
    concurrent.archives.put("echo.mar", "echo", "1.0");
    List<CompletableFuture<RegisterResult>> results = new ArrayList<>();
    for (int i = 0; i < callers; i++) {
      results.add(
          concurrent.models.register(CoreFixture.order("echo.mar", 0)).toCompletableFuture());
    }
    CompletableFuture<Void> all =
        CompletableFuture.allOf(results.toArray(CompletableFuture<?>[]::new));
    assertThat(all.handle((nothing, thrown) -> thrown).join()).isNotNull();
    threads.shutdown();
    assertThat(results.stream().filter(r -> !r.isCompletedExceptionally())).hasSize(1);
    assertThat(concurrent.archives.unpacked()).isEqualTo(1);
    assertThat(concurrent.registry.all()).hasSize(1);
  }

  @Test
  void unregisteringFinishesWhatWasAcceptedAndLeavesNothing() {
    register("echo.mar");
    RecordingSink running = predict(ModelRef.of("echo"));
    CompletableFuture<ModelKey> gone = server.settle(server.models.unregister(ModelRef.of("echo")));
    assertThat(predict(ModelRef.of("echo")).failure().kind()).isEqualTo(ErrorKind.MODEL_NOT_FOUND);
    assertThat(gone).isNotDone();
    server.launcher.latest().answer();
    assertThat(running.answer()).isEqualTo("echo:x");
    assertThat(gone).isCompletedWithValue(V1);
    assertNothingLeft();
    assertThat(server.bodies.unreleased()).isEmpty();
  }

  @Test
  void aVersionThatIsRegisteredAnewWhileTheOldOneDrainsKeepsItsMeters() {
    register("echo.mar");
    predict(ModelRef.of("echo"));
    CompletableFuture<ModelKey> gone = server.settle(server.models.unregister(ref(V1)));
    register("echo.mar");
    server.launcher.worker(0).answer();
    assertThat(gone).isCompleted();
    assertThat(server.metrics.knows(V1)).isTrue();
    assertThat(server.archives.unpacked()).isEqualTo(1);
  }

  @Test
  void unregisteringAModelThatStillLoadsEndsItsRegistrationToo() {
    server.launcher.each(FakeWorker::connect);
    CompletableFuture<RegisterResult> registered =
        server.settle(server.models.register(CoreFixture.order("echo.mar", 1)));
    assertThat(server.value(server.models.unregister(ref(V1)))).isEqualTo(V1);
    assertThat(server.failure(registered).kind()).isEqualTo(ErrorKind.SHUTTING_DOWN);
    assertNothingLeft();
  }

  @Test
  void theDefaultVersionCanNotBeRemovedWhileThereAreOthers() {
    register("echo.mar");
    register("echo2.mar");
    assertThat(server.failure(server.models.unregister(ref(V1))).kind())
        .isEqualTo(ErrorKind.DEFAULT_VERSION_IN_USE);
    server.models.setDefault(V2);
    assertThat(server.value(server.models.unregister(ref(V1)))).isEqualTo(V1);
    assertThat(server.registry.require(ModelRef.of("echo")).key()).isEqualTo(V2);
  }

  @Test
  void unknownModelsAndVersionsAreToldApart() {
    register("echo.mar");
    assertThat(server.failure(server.models.describe(ModelRef.of("nope"))).kind())
        .isEqualTo(ErrorKind.MODEL_NOT_FOUND);
    assertThat(server.failure(server.models.describe(ref(V2))).kind())
        .isEqualTo(ErrorKind.MODEL_VERSION_NOT_FOUND);
    assertThatThrownBy(() -> server.models.setDefault(V2)).isInstanceOf(ServeException.class);
    assertThat(predict(ref(V2)).failure().kind()).isEqualTo(ErrorKind.MODEL_VERSION_NOT_FOUND);
    assertThat(server.bodies.unreleased()).isEmpty();
  }

  @Test
  void describeTellsWhatIsInForce() {
    register("echo.mar");
    ScaleModel order = new ScaleModel(ModelRef.of("echo"), 2, 3, Completion.READY);
    assertThat(server.value(server.models.scale(order)).outcome())
        .isEqualTo(ScaleResult.Outcome.DONE);
    ModelStatus status = server.value(server.models.describe(ModelRef.of("echo"))).get(0);
    assertThat(status.spec().minWorkers()).isEqualTo(2);
    assertThat(status.spec().maxWorkers()).isEqualTo(3);
    assertThat(status.readyWorkers()).isEqualTo(2);
    assertThat(status.isDefault()).isTrue();
    assertThat(status.location()).isEqualTo("echo.mar");
    register("echo2.mar");
    assertThat(server.value(server.models.describeAll("echo")).stream().map(ModelStatus::key))
        .containsExactly(V1, V2);
  }

  @Test
  void scalingThatTakesLongerThanALoadMayIsReportedAsUnderWay() {
    register("echo.mar");
    server.launcher.each(FakeWorker::connect);
    ScaleModel order = new ScaleModel(ModelRef.of("echo"), 2, 2, Completion.READY);
    CompletableFuture<ScaleResult> scaled = server.settle(server.models.scale(order));
    server.loop.advance(Duration.ofSeconds(60));
    assertThat(scaled).isNotDone();
    server.launcher.latest().load();
    assertThat(server.value(scaled).outcome()).isEqualTo(ScaleResult.Outcome.DONE);
  }

  @Test
  void moreMinimumThanMaximumIsRefused() {
    register("echo.mar");
    ScaleModel order = new ScaleModel(ModelRef.of("echo"), 2, 1, Completion.READY);
    assertThat(server.failure(server.models.scale(order)).kind()).isEqualTo(ErrorKind.BAD_REQUEST);
  }

  @Test
  void negativeNumbersOfWorkersAreRefused() {
    register("echo.mar");
    ScaleModel order = new ScaleModel(ModelRef.of("echo"), -1, 2, Completion.READY);
    assertThat(server.failure(server.models.scale(order)).message())
        .isEqualTo("min_worker: -1 (expected: >= 0)");
  }

  @Test
  void theListHasPages() {
    for (String name : List.of("c", "a", "b")) {
      server.archives.put(name + ".mar", name, "1.0");
      register(name + ".mar");
    }
    ModelPage first = server.models.list(2, 0);
    assertThat(first.models().stream().map(ModelSummary::name)).containsExactly("a", "b");
    assertThat(first.nextPageToken()).isEqualTo(2);
    ModelPage second = server.models.list(2, 2);
    assertThat(second.models()).containsExactly(new ModelSummary("c", "c.mar"));
    assertThat(second.nextPageToken()).isNull();
    assertThat(server.models.list(2, 9).models()).isEmpty();
  }

  @Test
  void optionsComeFromTheRequestThenTheArchiveThenTheConfiguration() {
    ModelOverrides archive =
        ModelOverrides.builder().batchSize(4).responseTimeout(Duration.ofSeconds(7)).build();
    ModelOverrides configured =
        ModelOverrides.builder().batchSize(8).jobQueueSize(5).workers(3, 3).build();
    CoreFixture configuredServer =
        new CoreFixture(
            Configs.server(Path.of("server")).modelOverrides(Map.of(V1, configured)).build());
    configuredServer.archives.put("echo.mar", "echo", "1.0", "handler.py", archive);
    configuredServer.value(configuredServer.models.register(CoreFixture.order("echo.mar", 1)));
    ModelStatus status =
        configuredServer.value(configuredServer.models.describe(ModelRef.of("echo"))).get(0);
    assertThat(status.spec().minWorkers()).isEqualTo(1);
    assertThat(status.spec().batchSize()).isEqualTo(4);
    assertThat(status.spec().responseTimeout()).isEqualTo(Duration.ofSeconds(7));
    assertThat(status.spec().jobQueueSize()).isEqualTo(5);
  }

  @Test
  void healthIsAFirstLoadUntilTheStartupModelIsReady() {
    server.launcher.each(FakeWorker::connect);
    server.value(server.models.register(atStart("echo.mar")));
    Health loading = server.models.health();
    assertThat(loading.ready()).isFalse();
    assertThat(loading.firstLoad()).isTrue();
    assertThat(loading.reasons()).containsExactly("echo 1.0: 0 of 1 workers are ready");
    server.launcher.latest().load();
    assertThat(server.models.health()).isEqualTo(new Health(true, false, List.of()));
    server.launcher.latest().exit(1);
    Health lost = server.models.health();
    assertThat(lost.ready()).isFalse();
    assertThat(lost.firstLoad()).isFalse();
    assertThat(lost.reasons().get(0)).contains("exited with code 1");
    server.launcher.healthy();
    server.loop.advance(Duration.ofSeconds(1));
    assertThat(server.models.health().ready()).isTrue();
  }

  @Test
  void aStartupModelThatFailsToLoadIsNoFirstLoadAnyMoreButIsTriedAgain() {
    server.launcher.each(FakeWorker::connect);
    server.value(server.models.register(atStart("echo.mar")));
    server.launcher.worker(0).failLoad(WorkerError.LOAD_FAILED, "broken");
    assertThat(server.models.health().firstLoad()).isFalse();
    assertThat(server.models.health().reasons().get(0)).contains("broken");
    server.launcher.healthy();
    server.loop.advance(Duration.ofSeconds(1));
    assertThat(server.models.health().ready()).isTrue();
  }

  @Test
  void aStartupModelThatIsMissingKeepsTheServerUnreadyUntilItIsRegistered() {
    server.failure(server.models.register(atStart("late.mar")));
    assertThat(server.models.health().ready()).isFalse();
    assertThat(server.models.health().reasons().get(0)).startsWith("late.mar: ");
    server.archives.put("late.mar", "late", "1.0");
    register("late.mar");
    assertThat(server.models.health()).isEqualTo(new Health(true, false, List.of()));
  }

  @Test
  void aStoppedServerTakesNoModelsAndLeavesNothing() {
    register("echo.mar");
    predict(ModelRef.of("echo"));
    server.settle(server.models.unregister(ModelRef.of("echo")));
    register("echo2.mar");
    CompletableFuture<Void> closed = server.settle(server.models.close(Duration.ofSeconds(3)));
    assertThat(server.models.health().ready()).isFalse();
    assertThat(server.failure(server.models.register(CoreFixture.order("echo.mar", 1))).kind())
        .isEqualTo(ErrorKind.SHUTTING_DOWN);
    assertThat(closed).isNotDone();
    server.loop.advance(Duration.ofSeconds(3));
    assertThat(closed).isCompleted();
    assertThat(server.launcher.alive()).isEmpty();
    assertThat(server.archives.unpacked()).isZero();
    server.inference.close();
    assertThat(predict(ref(V2)).failure().kind()).isEqualTo(ErrorKind.SHUTTING_DOWN);
  }
}
