package ai.mariner.core.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.Autoscale;
import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.WarmupInput;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.testing.CoreFixture;
import ai.mariner.core.testing.FakeWorker;
import ai.mariner.core.testing.RecordingSink;
import ai.mariner.core.worker.WorkerError;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Replacing the default version under way, in virtual time. */
class ModelSwapTest {
  private static final ModelRef ECHO = ModelRef.of("echo");
  private static final ModelKey V1 = new ModelKey("echo", "1.0");
  private static final ModelKey V2 = new ModelKey("echo", "2.0");
  private static final Duration COOLDOWN = Duration.ofSeconds(30);

  private final CoreFixture server = CoreFixture.standard();

  ModelSwapTest() {
    ModelOverrides warm =
        ModelOverrides.builder()
            .warmup(List.of(new WarmupInput("text/plain", null, "sample")))
            .build();
    server.archives.put("echo.mar", "echo", "1.0").put("echo2.mar", "other-name", "2.0");
    server.archives.put("warm2.mar", "echo", "2.0", "handler.py", warm);
    register("echo.mar", 2);
  }

  private void register(String location, int workers) {
    server.value(server.models.register(CoreFixture.order(location, workers)));
  }

  private static SwapModel to(String location) {
    return to(location, false);
  }

  private static SwapModel to(String location, boolean keepOld) {
    RegisterModel archive =
        new RegisterModel(
            location, null, null, null, null, ModelOverrides.NONE, Completion.READY, false);
    return new SwapModel("echo", archive, null, keepOld);
  }

  private static SwapModel toVersion(String version) {
    return new SwapModel("echo", null, version, false);
  }

  private CompletableFuture<SwapResult> begin(SwapModel order) {
    return server.settle(server.models.swap(order));
  }

  private RecordingSink predict() {
    return server.ask(ECHO, server.inference::submit);
  }

  private RecordingSink submit() {
    return server.submit(ECHO, server.inference::submit);
  }

  private void answerAll() {
    for (FakeWorker worker : server.launcher.alive()) {
      while (!worker.hasExited() && !worker.openRuns().isEmpty()) {
        worker.answer();
      }
    }
  }

  private static List<SwapStep.Name> names(SwapResult result) {
    return result.steps().stream().map(SwapStep::name).toList();
  }

  /** The old version serves with its workers, and of the new one nothing is left. */
  private void assertUndone(Failure failure, ErrorKind kind, String step) {
    assertThat(failure.kind()).isEqualTo(kind);
    assertThat(failure.message())
        .startsWith("Swap of model echo from version 1.0 was undone at step " + step + ": ");
    assertThat(server.registry.all()).hasSize(1);
    assertThat(server.launcher.alive()).hasSize(2);
    assertThat(server.archives.unpacked()).isEqualTo(1);
    assertThat(server.metrics.knows(V2)).isFalse();
    assertThat(server.models.health().ready()).isTrue();
    RecordingSink sink = predict();
    answerAll();
    assertThat(sink.answer()).isEqualTo("echo:x");
    assertThat(server.bodies.unreleased()).isEmpty();
    // The version is free again.
    server.launcher.healthy();
    assertThat(server.value(server.models.swap(to("echo2.mar"))).to()).isEqualTo("2.0");
  }

  @Test
  void theNewVersionTakesThePlaceOfTheOldOneWithAsManyWorkers() {
    SwapResult result = server.value(server.models.swap(to("echo2.mar")));
    assertThat(result.from()).isEqualTo("1.0");
    assertThat(result.to()).isEqualTo("2.0");
    assertThat(result.workers()).isEqualTo(2);
    assertThat(names(result)).containsExactly(SwapStep.Name.values());
    assertThat(server.registry.all()).hasSize(1);
    assertThat(server.registry.require(ECHO).key()).isEqualTo(V2);
    assertThat(server.launcher.alive()).hasSize(2);
    assertThat(server.archives.unpacked()).isEqualTo(1);
    assertThat(server.metrics.knows(V1)).isFalse();
  }

  @Test
  void stepsTellTheirTimes() {
    server.launcher.each(FakeWorker::connect);
    CompletableFuture<SwapResult> swap = begin(to("echo2.mar"));
    server.loop.advance(Duration.ofSeconds(3));
    server.launcher.worker(2).load();
    server.launcher.worker(3).load();
    assertThat(server.value(swap).steps())
        .contains(
            new SwapStep(SwapStep.Name.FETCH, Duration.ZERO),
            new SwapStep(SwapStep.Name.LOAD, Duration.ofSeconds(3)));
  }

  private @Nullable SwapProgress progress() {
    return server.value(server.models.describe(ECHO)).get(0).swap();
  }

  @Test
  void describeTellsHowFarASwapIs() {
    assertThat(progress()).isNull();
    server.launcher.each(FakeWorker::connect);
    CompletableFuture<SwapResult> swap = begin(to("warm2.mar"));
    SwapStep fetched = new SwapStep(SwapStep.Name.FETCH, Duration.ZERO);
    assertThat(progress())
        .isEqualTo(new SwapProgress("2.0", List.of(fetched), SwapStep.Name.LOAD, 0, 2));
    server.launcher.worker(2).load();
    server.launcher.worker(2).answer();
    server.loop.runReady();
    assertThat(progress())
        .isEqualTo(new SwapProgress("2.0", List.of(fetched), SwapStep.Name.LOAD, 1, 2));
    server.launcher.worker(3).load();
    server.launcher.worker(3).answer();
    server.loop.runReady();
    SwapProgress probed = progress();
    assertThat(probed).isNotNull();
    assertThat(probed.step()).isEqualTo(SwapStep.Name.PROBE);
    RecordingSink early = predict();
    answerNewest();
    assertThat(server.registry.require(ECHO).key()).isEqualTo(V2);
    SwapProgress draining = progress();
    assertThat(draining).isNotNull();
    assertThat(draining.step()).isEqualTo(SwapStep.Name.DRAIN);
    answerAll();
    assertThat(early.answer()).isEqualTo("echo:x");
    assertThat(server.value(swap).steps()).startsWith(fetched);
    assertThat(progress()).isNull();
  }

  /** Answers the probe: the old version goes on with what it has. */
  private void answerNewest() {
    for (FakeWorker worker : server.launcher.alive().subList(2, 4)) {
      if (!worker.openRuns().isEmpty()) {
        worker.answer();
      }
    }
    server.loop.runReady();
  }

  @Test
  void theNewVersionIsAsLargeAsTheOldOneWasScaled() {
    ScaleModel order = new ScaleModel(ECHO, 3, 5, Completion.READY);
    server.value(server.models.scale(order));
    assertThat(server.value(server.models.swap(to("echo2.mar"))).workers()).isEqualTo(3);
    assertThat(server.registry.require(ECHO).spec().maxWorkers()).isEqualTo(5);
  }

  /** A version between one worker and four, of which it has three under its load. */
  private Model grown() {
    Autoscale rule = new Autoscale(Duration.ofMillis(50), COOLDOWN);
    ModelOverrides options =
        ModelOverrides.builder()
            .workers(1, 4)
            .autoscale(rule)
            .responseTimeout(Duration.ofHours(1))
            .build();
    server.value(server.models.unregister(ECHO));
    for (String version : List.of("1.0", "2.0")) {
      server.archives.put("auto" + version + ".mar", "echo", version, "handler.py", options);
    }
    server.value(
        server.models.register(
            new RegisterModel(
                "auto1.0.mar",
                null,
                null,
                null,
                null,
                ModelOverrides.NONE,
                Completion.READY,
                false)));
    Model old = server.registry.require(ECHO);
    for (int i = 0; i < 3; i++) {
      predict();
    }
    server.loop.advance(Duration.ofSeconds(1));
    assertThat(old.pool().readiness().target()).isEqualTo(3);
    return old;
  }

  private int alive() {
    return server.launcher.alive().size();
  }

  @Test
  void theBoundsOfAnAutoscaledVersionPassOnAndNotWhatItHasUnderLoad() {
    grown();
    CompletableFuture<SwapResult> swap = begin(to("auto2.0.mar"));
    Model fresh = server.registry.require(ECHO);
    assertThat(fresh.key()).isEqualTo(V2);
    assertThat(fresh.pool().readiness().ready()).as("as many at first").isEqualTo(3);
    assertThat(fresh.pool().readiness().wanted()).as("but not for ever").isEqualTo(1);
    assertThat(fresh.spec().minWorkers()).isEqualTo(1);
    assertThat(fresh.spec().maxWorkers()).isEqualTo(4);
    answerAll();
    server.loop.runReady();
    assertThat(server.value(swap).workers()).isEqualTo(3);
    server.loop.advance(COOLDOWN.multipliedBy(4));
    assertThat(alive()).isEqualTo(1);
    assertThat(server.models.health().ready()).isTrue();
  }

  @Test
  void aSlowLoadOfWhatTakesOverIsWaitedForThoughNothingIsAskedOfItYet() {
    grown();
    server.launcher.each(FakeWorker::connect);
    CompletableFuture<SwapResult> swap = begin(to("auto2.0.mar"));
    server.launcher.worker(5).load();
    server.loop.advance(COOLDOWN.multipliedBy(3));
    assertThat(server.registry.require(ECHO).key()).isEqualTo(V1);
    server.launcher.worker(6).load();
    server.launcher.worker(7).load();
    server.loop.runReady();
    assertThat(server.registry.require(ECHO).pool().readiness().ready()).isEqualTo(3);
    answerAll();
    assertThat(swap).isCompleted();
  }

  @Test
  void oneOfThoseBeyondTheLowerBoundThatCanNotLoadDoesNotStopASwap() {
    grown();
    server.launcher.each(FakeWorker::connect);
    CompletableFuture<SwapResult> swap = begin(to("auto2.0.mar"));
    server.launcher.worker(5).load();
    server.launcher.worker(6).failLoad(WorkerError.OUT_OF_MEMORY, "no memory");
    server.launcher.worker(7).load();
    answerAll();
    assertThat(server.value(swap).workers()).isEqualTo(2);
  }

  /** Puts an archive of version 2.0 that does not follow the load; absent: not said. */
  private void putFixed(@Nullable Integer min, @Nullable Integer max) {
    ModelOverrides options = ModelOverrides.builder().workers(min, max).build();
    server.archives.put("fixed2.mar", "echo", "2.0", "handler.py", options);
  }

  @Test
  void aVersionThatDoesNotFollowTheLoadKeepsAsManyAsTheOldOneHasUnderIt() {
    grown();
    putFixed(null, null);
    CompletableFuture<SwapResult> swap = begin(to("fixed2.mar"));
    answerAll();
    assertThat(server.value(swap).workers()).isEqualTo(3);
    Model fresh = server.registry.require(ECHO);
    assertThat(fresh.spec().minWorkers()).isEqualTo(3);
    assertThat(fresh.spec().maxWorkers()).isEqualTo(4);
    server.loop.advance(COOLDOWN.multipliedBy(4));
    assertThat(alive()).isEqualTo(3);
    assertThat(server.models.health().ready()).isTrue();
  }

  @Test
  void onlyItsOwnMaxWorkersMakesItSmaller() {
    grown();
    putFixed(1, 2);
    CompletableFuture<SwapResult> swap = begin(to("fixed2.mar"));
    answerAll();
    assertThat(server.value(swap).workers()).isEqualTo(2);
  }

  @Test
  void allThatItIsToKeepAreNeeded() {
    Model old = grown();
    putFixed(null, null);
    server.launcher.each(FakeWorker::connect);
    CompletableFuture<SwapResult> swap = begin(to("fixed2.mar"));
    server.launcher.worker(5).load();
    server.launcher.worker(6).load();
    server.loop.runReady();
    assertThat(server.registry.require(ECHO)).as("two of three").isSameAs(old);
    server.launcher.worker(7).failLoad(WorkerError.OUT_OF_MEMORY, "no memory");
    assertThat(server.failure(swap).message()).contains("undone at step load", "no memory");
    assertThat(server.registry.require(ECHO)).isSameAs(old);
    assertThat(old.pool().readiness().ready()).isEqualTo(3);
  }

  @Test
  void whatTheOldVersionHasGotMeanwhileIsStartedToo() {
    Model old = grown();
    putFixed(null, null);
    server.launcher.each(FakeWorker::connect);
    CompletableFuture<SwapResult> swap = begin(to("fixed2.mar"));
    server.launcher.worker(5).load();
    server.launcher.worker(6).load();
    predict();
    server.loop.advance(Duration.ofSeconds(1));
    assertThat(old.pool().readiness().target()).isEqualTo(4);
    server.launcher.worker(8).load();
    server.launcher.worker(7).load();
    server.loop.runReady();
    assertThat(server.registry.require(ECHO)).isSameAs(old);
    server.launcher.worker(9).load();
    server.loop.runReady();
    assertThat(server.registry.require(ECHO).pool().readiness().ready()).isEqualTo(4);
    answerAll();
    assertThat(server.value(swap).workers()).isEqualTo(4);
  }

  @Test
  void aRegisteredVersionThatDoesNotFollowTheLoadGetsAsManyAsTheOldOneHas() {
    grown();
    putFixed(null, null);
    register("fixed2.mar", 1);
    CompletableFuture<SwapResult> swap = begin(toVersion("2.0"));
    answerAll();
    assertThat(server.value(swap).workers()).isEqualTo(3);
  }

  @Test
  void aRegisteredVersionKeepsABoundThatWasSetByHand() {
    grown();
    putFixed(null, null);
    register("fixed2.mar", 1);
    ModelRef fresh = new ModelRef("echo", "2.0");
    server.value(server.models.scale(new ScaleModel(fresh, 1, 2, Completion.READY)));
    CompletableFuture<SwapResult> swap = begin(toVersion("2.0"));
    answerAll();
    assertThat(server.value(swap).workers()).isEqualTo(2);
  }

  /** Swaps from a version of three workers to one that follows the load, between these bounds. */
  private Model swappedToFollowing(@Nullable Integer min, @Nullable Integer max) {
    ModelOverrides options =
        ModelOverrides.builder()
            .workers(min, max)
            .autoscale(new Autoscale(Duration.ofMillis(50), COOLDOWN))
            .build();
    server.archives.put("auto2.mar", "echo", "2.0", "handler.py", options);
    server.value(server.models.scale(new ScaleModel(ECHO, 3, 3, Completion.READY)));
    int workers = server.value(server.models.swap(to("auto2.mar"))).workers();
    assertThat(workers).isEqualTo(max == null ? 3 : Math.min(3, max));
    return server.registry.require(ECHO);
  }

  @Test
  void aVersionThatIsTheFirstToFollowTheLoadDoesSoWithinItsOwnBounds() {
    Model fresh = swappedToFollowing(1, 4);
    assertThat(fresh.spec().minWorkers()).isEqualTo(1);
    assertThat(fresh.spec().maxWorkers()).isEqualTo(4);
    server.loop.advance(COOLDOWN.multipliedBy(4));
    assertThat(alive()).isEqualTo(1);
  }

  @Test
  void whereItNamesNoBoundsTheOldNumberIsBoth() {
    Model fresh = swappedToFollowing(null, null);
    assertThat(fresh.spec().minWorkers()).isEqualTo(3);
    assertThat(fresh.spec().maxWorkers()).isEqualTo(3);
  }

  @Test
  void aMaximumOfItsOwnBelowTheOldNumberHolds() {
    Model fresh = swappedToFollowing(null, 2);
    assertThat(fresh.spec().minWorkers()).isEqualTo(2);
    assertThat(fresh.spec().maxWorkers()).isEqualTo(2);
  }

  @Test
  void aVersionThatSleepsKeepsItsBoundsWhenASwapToItFails() {
    ModelOverrides sleepy = ModelOverrides.builder().idleUnload(Duration.ofMinutes(1)).build();
    server.archives.put("sleepy2.mar", "echo", "2.0", "handler.py", sleepy);
    register("sleepy2.mar", 1);
    server.loop.advance(Duration.ofMinutes(2));
    server.launcher.each(
        worker -> {
          worker.connect();
          worker.failLoad(WorkerError.LOAD_FAILED, "broken");
        });
    assertThat(server.failure(server.models.swap(toVersion("2.0"))).message()).contains("broken");
    server.launcher.healthy();
    server.loop.advance(Duration.ofSeconds(30));
    Model asleep = server.registry.require(new ModelRef("echo", "2.0"));
    assertThat(asleep.spec().minWorkers()).isEqualTo(1);
    assertThat(asleep.pool().readiness().ready()).isEqualTo(1);
  }

  @Test
  void untilTheFlipOnlyTheOldVersionIsKnown() {
    server.launcher.each(FakeWorker::connect);
    CompletableFuture<SwapResult> swap = begin(to("echo2.mar"));
    assertThat(swap).isNotDone();
    assertThat(server.registry.all()).hasSize(1);
    assertThat(server.models.health().ready()).isTrue();
    RecordingSink sink = predict();
    server.launcher.alive().stream()
        .filter(worker -> !worker.openRuns().isEmpty())
        .forEach(FakeWorker::answer);
    assertThat(sink.answer()).isEqualTo("echo:x");
    assertThat(server.failure(server.models.register(CoreFixture.order("warm2.mar", 1))).kind())
        .isEqualTo(ErrorKind.CONFLICT);
    server.launcher.worker(2).load();
    server.launcher.worker(3).load();
    assertThat(swap).isCompleted();
  }

  @Test
  void workersWarmUpAndAProbeIsAnsweredBeforeTheFlip() {
    CompletableFuture<SwapResult> swap = begin(to("warm2.mar"));
    server.launcher.worker(2).answer();
    server.launcher.worker(3).answer();
    assertThat(server.registry.require(ECHO).key()).isEqualTo(V1);
    FakeWorker probed =
        server.launcher.alive().stream().filter(w -> !w.openRuns().isEmpty()).findFirst().get();
    assertThat(probed.oldest().texts()).containsExactly("sample");
    probed.answer();
    assertThat(server.value(swap).to()).isEqualTo("2.0");
    assertThat(server.bodies.unreleased()).isEmpty();
  }

  @Test
  void anArchiveThatIsMissingChangesNothing() {
    Failure failure = server.failure(server.models.swap(to("none.mar")));
    assertUndone(failure, ErrorKind.ARCHIVE_NOT_FOUND, "fetch");
  }

  @Test
  void aLoadThatFailsIsUndone() {
    server.launcher.each(FakeWorker::connect);
    CompletableFuture<SwapResult> swap = begin(to("echo2.mar"));
    server.launcher.worker(2).load();
    server.launcher.worker(3).failLoad(WorkerError.LOAD_FAILED, "no such layer");
    Failure failure = server.failure(swap);
    assertThat(failure.message()).contains("no such layer");
    assertUndone(failure, ErrorKind.LOAD_FAILED, "load");
  }

  @Test
  void aWarmUpThatFailsIsUndone() {
    CompletableFuture<SwapResult> swap = begin(to("warm2.mar"));
    server.launcher.worker(2).answer();
    server.launcher.worker(3).fail(WorkerError.HANDLER_EXCEPTION, "KeyError");
    Failure failure = server.failure(swap);
    assertThat(failure.message()).contains("warm-up input 1 (text): Prediction failed");
    assertUndone(failure, ErrorKind.LOAD_FAILED, "load");
  }

  @Test
  void aProbeThatFailsIsUndone() {
    CompletableFuture<SwapResult> swap = begin(to("warm2.mar"));
    server.launcher.worker(2).answer();
    server.launcher.worker(3).answer();
    server.launcher.alive().stream()
        .filter(worker -> !worker.openRuns().isEmpty())
        .forEach(worker -> worker.fail(WorkerError.HANDLER_EXCEPTION, "ValueError"));
    Failure failure = server.failure(swap);
    assertThat(failure.message()).endsWith("The probe failed: Prediction failed");
    assertUndone(failure, ErrorKind.LOAD_FAILED, "probe");
  }

  @Test
  void aDefaultThatWasChangedMeanwhileIsNotOverwritten() {
    server.launcher.each(FakeWorker::connect);
    CompletableFuture<SwapResult> swap = begin(to("echo2.mar"));
    server.launcher.healthy();
    server.archives.put("echo3.mar", "echo", "3.0");
    register("echo3.mar", 1);
    server.models.setDefault(new ModelKey("echo", "3.0"));
    server.launcher.worker(2).load();
    server.launcher.worker(3).load();
    Failure failure = server.failure(swap);
    assertThat(failure.kind()).isEqualTo(ErrorKind.CONFLICT);
    assertThat(failure.message()).contains("undone at step flip: ").contains("another call");
    assertThat(server.registry.require(ECHO).key().version()).isEqualTo("3.0");
    assertThat(server.archives.unpacked()).isEqualTo(2);
  }

  @Test
  void theSameVersionIsReplacedInPlace() {
    server.archives.put("again.mar", "echo", "1.0");
    Model old = server.registry.require(ECHO);
    SwapResult result = server.value(server.models.swap(to("again.mar")));
    assertThat(result.to()).isEqualTo("1.0");
    assertThat(server.registry.require(ECHO)).isNotSameAs(old);
    assertThat(server.metrics.knows(V1)).isTrue();
    assertThat(server.metrics.model(V1).lastGauges().readyWorkers()).isEqualTo(2);
    assertThat(server.archives.unpacked()).isEqualTo(1);
    Failure failure = server.failure(server.models.swap(to("again.mar", true)));
    assertThat(failure.kind()).isEqualTo(ErrorKind.CONFLICT);
    assertThat(failure.message()).contains("expected: another version");
  }

  @Test
  void aFailedReplacementInPlaceLeavesMetersAndVersion() {
    server.archives.put("again.mar", "echo", "1.0");
    server.launcher.each(
        worker -> {
          worker.connect();
          worker.failLoad(WorkerError.LOAD_FAILED, "broken");
        });
    assertThat(server.failure(server.models.swap(to("again.mar"))).kind())
        .isEqualTo(ErrorKind.LOAD_FAILED);
    assertThat(server.metrics.knows(V1)).isTrue();
    assertThat(server.metrics.model(V1).lastGauges().readyWorkers()).isEqualTo(2);
    server.launcher.healthy();
    assertThat(server.value(server.models.swap(to("again.mar"))).to()).isEqualTo("1.0");
  }

  @Test
  void theOldVersionCanBeKept() {
    SwapResult result = server.value(server.models.swap(to("echo2.mar", true)));
    assertThat(names(result)).doesNotContain(SwapStep.Name.DRAIN);
    assertThat(server.registry.all()).hasSize(2);
    SwapResult back = server.value(server.models.swap(toVersion("1.0")));
    assertThat(names(back)).doesNotContain(SwapStep.Name.FETCH);
    assertThat(server.registry.require(ECHO).key()).isEqualTo(V1);
    assertThat(server.registry.all()).hasSize(1);
    assertThat(server.archives.unpacked()).isEqualTo(1);
  }

  @Test
  void aRegisteredVersionIsScaledForTheSwapAndBackWhenItFails() {
    server.value(
        server.models.register(
            new RegisterModel(
                "warm2.mar", "echo", null, null, 0, ModelOverrides.NONE, Completion.READY, false)));
    CompletableFuture<SwapResult> swap = begin(toVersion("2.0"));
    server.launcher.worker(2).fail(WorkerError.HANDLER_EXCEPTION, "KeyError");
    assertThat(server.failure(swap).message()).contains("undone at step load");
    assertThat(server.registry.all()).hasSize(2);
    assertThat(server.registry.require(ECHO).key()).isEqualTo(V1);
    server.loop.advance(Duration.ofSeconds(1));
    assertThat(server.launcher.alive()).hasSize(2);
  }

  @Test
  void whatMakesNoSenseIsRefusedBeforeAnythingIsDone() {
    SwapModel unknown = new SwapModel("nope", to("echo2.mar").archive(), null, false);
    assertThat(server.failure(server.models.swap(unknown)).kind())
        .isEqualTo(ErrorKind.MODEL_NOT_FOUND);
    assertThat(server.failure(server.models.swap(toVersion("9"))).kind())
        .isEqualTo(ErrorKind.MODEL_VERSION_NOT_FOUND);
    assertThat(server.failure(server.models.swap(toVersion("1.0"))).kind())
        .isEqualTo(ErrorKind.CONFLICT);
    SwapModel neither = new SwapModel("echo", null, null, false);
    assertThat(server.failure(server.models.swap(neither)).kind()).isEqualTo(ErrorKind.BAD_REQUEST);
    // None of them keeps the next one out.
    assertThat(server.value(server.models.swap(to("echo2.mar"))).to()).isEqualTo("2.0");
  }

  @Test
  void aModelHasOneSwapAtATime() {
    server.launcher.each(FakeWorker::connect);
    CompletableFuture<SwapResult> first = begin(to("echo2.mar"));
    assertThat(server.failure(server.models.swap(to("warm2.mar"))).kind())
        .isEqualTo(ErrorKind.CONFLICT);
    server.launcher.worker(2).load();
    server.launcher.worker(3).load();
    assertThat(first).isCompleted();
  }

  @Test
  void acceptedRequestsAreFinishedByTheOldVersion() {
    RecordingSink early = predict();
    CompletableFuture<SwapResult> swap = begin(to("echo2.mar"));
    assertThat(server.registry.require(ECHO).key()).isEqualTo(V2);
    assertThat(swap).isNotDone();
    answerAll();
    assertThat(early.answer()).isEqualTo("echo:x");
    assertThat(swap).isCompleted();
  }

  /** Among them some that find the old version when its flip is the next thing on the loop. */
  @Test
  void requestsThatArriveAtAnyMomentOfASwapAreServed() {
    CompletableFuture<SwapResult> swap = server.models.swap(to("echo2.mar")).toCompletableFuture();
    List<RecordingSink> sinks = new ArrayList<>();
    for (int i = 0; i < 80; i++) {
      sinks.add(submit());
      for (int turns = 0; turns < 3; turns++) {
        server.loop.runOne();
      }
    }
    server.loop.runReady();
    assertThat(server.registry.require(ECHO).key()).isEqualTo(V2);
    answerAll();
    assertThat(swap).isCompleted();
    assertThat(sinks).allSatisfy(sink -> assertThat(sink.answer()).isEqualTo("echo:x"));
    assertThat(server.bodies.unreleased()).isEmpty();
  }

  @Test
  void aServerThatStopsDuringASwapLeavesNothing() {
    server.launcher.each(FakeWorker::connect);
    CompletableFuture<SwapResult> swap = begin(to("echo2.mar"));
    CompletableFuture<Void> closed = server.settle(server.models.close(Duration.ofSeconds(3)));
    assertThat(closed).isCompleted();
    assertThat(server.failure(swap).kind()).isEqualTo(ErrorKind.SHUTTING_DOWN);
    assertThat(server.launcher.alive()).isEmpty();
    assertThat(server.archives.unpacked()).isZero();
    assertThat(server.loop.waitingTimers()).isZero();
    assertThat(server.failure(server.models.swap(to("echo2.mar"))).kind())
        .isEqualTo(ErrorKind.SHUTTING_DOWN);
  }
}
