package ai.mariner.core.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.WorkerConfig;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.process.WorkerPlan;
import ai.mariner.core.process.WorkerSnapshot;
import ai.mariner.core.testing.Configs;
import ai.mariner.core.testing.FakeWorker;
import ai.mariner.core.testing.RecordingSink;
import ai.mariner.core.worker.ProcessExit;
import ai.mariner.core.worker.WorkerError;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class WorkerLifeTest {
  private static final Duration RESPONSE_TIMEOUT = Duration.ofSeconds(20);

  private static ModelOverrides.Builder options() {
    return ModelOverrides.builder()
        .responseTimeout(RESPONSE_TIMEOUT)
        .startupTimeout(Duration.ofSeconds(60));
  }

  private static Throwable thrown(CompletableFuture<?> failed) {
    return failed.handle((value, error) -> error).join();
  }

  private static ErrorKind kindOf(CompletableFuture<?> failed) {
    assertThat(failed).isCompletedExceptionally();
    return ServeException.failureOf(thrown(failed)).kind();
  }

  @Test
  void aWorkerIsToldWhatToLoad() {
    PoolFixture fixture = PoolFixture.ready(1, options().batchSize(4));
    assertThat(fixture.worker(0).loadCommand().fields())
        .containsEntry("model_name", "echo")
        .containsEntry("model_version", "1.0")
        .containsEntry("handler", "handler.py")
        .containsEntry("batch_size", "4")
        .containsEntry("busy_poll_micros", "200")
        .doesNotContainKey("gpu_id");
    assertThat(fixture.worker(0).launch().name()).isEqualTo("W-9000-echo_1.0");
  }

  @Test
  void resizeIsDoneWhenAllWantedWorkersAreReady() {
    PoolFixture fixture = new PoolFixture(options());
    fixture.launcher.each(FakeWorker::connect);
    CompletableFuture<Void> done = fixture.resize(2);
    fixture.worker(0).load();
    assertThat(done).isNotDone();
    fixture.worker(1).load();
    assertThat(done).isCompleted();
    assertThat(fixture.meters.loads()).isEqualTo(2);
  }

  @Test
  void theStacksOfAHungWorkerReachTheStatusOfTheModelOnce() {
    PoolFixture fixture = PoolFixture.ready(1, options());
    fixture.submit("a");
    fixture.worker(0).hang();
    fixture.advance(RESPONSE_TIMEOUT);
    assertThat(fixture.status().lastFailure()).doesNotContain("line 7");
    fixture.worker(0).printError("File handler.py, line 7 in handle");
    fixture.advance(WorkerPlan.STACKS_GRACE);
    assertThat(fixture.status().lastFailure()).contains("responseTimeout").contains("line 7");
    assertThat(fixture.meters.losses()).isEqualTo(1);
  }

  @Test
  void aFailedLoadRefusesWhatWaitsWithTheReasonAndRecovers() {
    PoolFixture fixture = new PoolFixture(options());
    fixture.launcher.each(FakeWorker::connect);
    CompletableFuture<Void> done = fixture.resize(1);
    RecordingSink waiting = fixture.submit("a");
    fixture.worker(0).failLoad(WorkerError.LOAD_FAILED, "No module named 'sklearn'");
    assertThat(kindOf(done)).isEqualTo(ErrorKind.LOAD_FAILED);
    assertThat(thrown(done)).hasMessageContaining("No module named 'sklearn'");
    assertThat(waiting.failure().kind()).isEqualTo(ErrorKind.NO_WORKER);
    assertThat(waiting.failure().message()).contains("No module named 'sklearn'");
    RecordingSink refused = fixture.submit("b");
    assertThat(refused.failure().kind()).isEqualTo(ErrorKind.NO_WORKER);
    assertThat(fixture.pool.readiness().failed()).isTrue();
    fixture.launcher.healthy();
    fixture.advance(Duration.ofMillis(100));
    assertThat(fixture.pool.readiness().satisfied()).isTrue();
    assertThat(fixture.submit("c").ended()).isFalse();
    assertThat(fixture.bodies.unreleased()).hasSize(1);
  }

  @Test
  void failedLoadsAreTriedAgainWithGrowingWaitsForEver() {
    PoolFixture fixture = new PoolFixture(options());
    fixture.launcher.each(
        worker -> {
          worker.connect();
          worker.failLoad(WorkerError.LOAD_FAILED, "no");
        });
    fixture.resize(1);
    fixture.advance(Duration.ofMillis(5100));
    assertThat(fixture.launcher.started()).hasSize(5);
    fixture.advance(Duration.ofMinutes(10));
    int before = fixture.launcher.started().size();
    fixture.advance(Duration.ofSeconds(31));
    assertThat(fixture.launcher.started().size()).isGreaterThan(before);
  }

  @Test
  void wantOfMemoryAtLoadIsToldAsSuch() {
    PoolFixture fixture = new PoolFixture(options());
    fixture.launcher.each(FakeWorker::connect);
    CompletableFuture<Void> done = fixture.resize(1);
    fixture.worker(0).failLoad(WorkerError.OUT_OF_MEMORY, "CUDA out of memory");
    assertThat(kindOf(done)).isEqualTo(ErrorKind.OUT_OF_MEMORY);
  }

  @Test
  void aProcessThatEndsBeforeItConnectsIsAFailedLoad() {
    PoolFixture fixture = new PoolFixture(options());
    fixture.launcher.each(worker -> {});
    CompletableFuture<Void> done = fixture.resize(1);
    fixture.worker(0).printError("ModuleNotFoundError: torch");
    fixture.worker(0).exit(1);
    assertThat(kindOf(done)).isEqualTo(ErrorKind.LOAD_FAILED);
    assertThat(fixture.status().lastFailure()).contains("code 1").contains("torch");
  }

  @Test
  void aProcessThatCanNotBeStartedIsAFailedLoad() {
    PoolFixture fixture = new PoolFixture(options());
    fixture.launcher.each(worker -> worker.exit(ProcessExit.notStarted("no such file: python9")));
    CompletableFuture<Void> done = fixture.resize(1);
    assertThat(thrown(done)).hasMessageContaining("no such file: python9");
  }

  @Test
  void aProcessThatDoesNotConnectIsKilledAndTriedAgain() {
    PoolFixture fixture = new PoolFixture(options());
    fixture.launcher.each(worker -> {});
    CompletableFuture<Void> done = fixture.resize(1);
    fixture.launcher.healthy();
    fixture.advance(Duration.ofSeconds(20));
    assertThat(fixture.worker(0).wasKilled()).isTrue();
    assertThat(thrown(done)).hasMessageContaining("did not connect within 20 s");
    fixture.advance(Duration.ofSeconds(1));
    assertThat(fixture.pool.readiness().satisfied()).isTrue();
  }

  @Test
  void aLoadThatTakesTooLongIsKilledAndTriedAgain() {
    PoolFixture fixture = new PoolFixture(options());
    fixture.launcher.each(FakeWorker::connect);
    CompletableFuture<Void> done = fixture.resize(1);
    fixture.advance(Duration.ofSeconds(59));
    assertThat(done).isNotDone();
    fixture.advance(Duration.ofSeconds(1));
    assertThat(thrown(done)).hasMessageContaining("startupTimeout, 60 s");
    assertThat(fixture.worker(0).wasKilled()).isTrue();
  }

  @Test
  void aRunThatTakesTooLongFailsAndItsWorkerIsReplaced() {
    PoolFixture fixture = PoolFixture.ready(1, options());
    RecordingSink sink = fixture.submit("a");
    FakeWorker hung = fixture.worker(0);
    hung.hang();
    fixture.advance(RESPONSE_TIMEOUT.minusMillis(1));
    assertThat(sink.ended()).isFalse();
    fixture.advance(Duration.ofMillis(1));
    assertThat(sink.failure().kind()).isEqualTo(ErrorKind.RESPONSE_TIMEOUT);
    assertThat(sink.failure().message()).contains("responseTimeout, 20 s");
    assertThat(hung.wasAskedForStacks()).isTrue();
    assertThat(hung.wasKilled()).isFalse();
    assertThat(fixture.pool.readiness().satisfied()).isFalse();
    hung.printError("File handler.py, line 7 in handle");
    fixture.advance(Duration.ofMillis(300));
    assertThat(hung.wasKilled()).isTrue();
    assertThat(fixture.status().workers().get(0).lastFailure()).contains("line 7 in handle");
    fixture.advance(Duration.ofMillis(100));
    assertThat(fixture.pool.readiness().satisfied()).isTrue();
    assertThat(fixture.meters.losses()).isEqualTo(1);
  }

  @Test
  void matesOfARunThatTookTooLongAreNotRunAgainButWhatWasSentAheadIs() {
    PoolFixture fixture = PoolFixture.ready(1, options().batchSize(2));
    fixture.warmUp();
    List<RecordingSink> sinks = fixture.burst("a", "b", "c", "d");
    assertThat(fixture.worker(0).openRuns()).hasSize(2);
    fixture.worker(0).hang();
    fixture.advance(RESPONSE_TIMEOUT.plusSeconds(1));
    assertThat(sinks.get(0).failure().kind()).isEqualTo(ErrorKind.RESPONSE_TIMEOUT);
    assertThat(sinks.get(1).failure().kind()).isEqualTo(ErrorKind.RESPONSE_TIMEOUT);
    assertThat(fixture.worker(1).oldest().texts()).containsExactly("c", "d");
    fixture.worker(1).answer();
    assertThat(sinks.get(3).answer()).isEqualTo("echo:d");
  }

  @Test
  void theTimeOfARunThatWasSentAheadCountsFromItsStart() {
    PoolFixture fixture = PoolFixture.ready(1, options());
    fixture.warmUp();
    List<RecordingSink> sinks = fixture.burst("a", "b");
    fixture.advance(RESPONSE_TIMEOUT.minusSeconds(1));
    fixture.worker(0).answer();
    fixture.advance(RESPONSE_TIMEOUT.minusSeconds(1));
    assertThat(sinks.get(1).ended()).isFalse();
    fixture.advance(Duration.ofSeconds(1));
    assertThat(sinks.get(1).failure().kind()).isEqualTo(ErrorKind.RESPONSE_TIMEOUT);
  }

  @Test
  void aProcessThatSurvivesItsKillIsReplacedAllTheSame() {
    PoolFixture fixture = PoolFixture.ready(1, options());
    fixture.submit("a");
    fixture.worker(0).hangInKernel();
    fixture.advance(RESPONSE_TIMEOUT.plusSeconds(11));
    assertThat(fixture.launcher.started()).hasSize(2);
    assertThat(fixture.pool.readiness().satisfied()).isTrue();
  }

  @Test
  void anIdleWorkerThatGivesNoSignOfLifeIsReplaced() {
    PoolFixture fixture = PoolFixture.ready(1, options());
    fixture.advance(Duration.ofSeconds(35));
    assertThat(fixture.worker(0).heartbeats()).isEqualTo(3);
    fixture.worker(0).hang();
    fixture.advance(Duration.ofSeconds(16));
    assertThat(fixture.worker(0).wasKilled()).isTrue();
    assertThat(fixture.status().lastFailure()).contains("no sign of life");
    assertThat(fixture.pool.readiness().satisfied()).isTrue();
    assertThat(fixture.meters.losses()).isEqualTo(1);
  }

  @Test
  void anIdleWorkerIsWatchedSoonAfterALongRun() {
    PoolFixture fixture =
        PoolFixture.ready(1, ModelOverrides.builder().responseTimeout(Duration.ofHours(1)));
    fixture.submit("a");
    fixture.advance(Duration.ofSeconds(30));
    fixture.worker(0).answer();
    fixture.worker(0).hang();
    fixture.advance(Duration.ofSeconds(16));
    assertThat(fixture.worker(0).wasKilled()).isTrue();
  }

  @Test
  void aBusyWorkerIsNotAskedForASignOfLife() {
    PoolFixture fixture =
        PoolFixture.ready(1, ModelOverrides.builder().responseTimeout(Duration.ofHours(1)));
    fixture.submit("a");
    fixture.advance(Duration.ofMinutes(30));
    assertThat(fixture.worker(0).heartbeats()).isZero();
    assertThat(fixture.worker(0).hasExited()).isFalse();
  }

  @Test
  void rareLossesOfWorkersThatWereWellDoNotAddUp() {
    PoolFixture fixture = PoolFixture.ready(1, options());
    for (int i = 0; i < 8; i++) {
      fixture.advance(Duration.ofMinutes(1));
      fixture.launcher.latest().exit(1);
      assertThat(fixture.submit("a" + i).ended()).isFalse();
      fixture.advance(Duration.ofMillis(100));
      fixture.launcher.latest().answer();
    }
    assertThat(fixture.launcher.started()).hasSize(9);
  }

  @Test
  void scalingDownStopsIdleWorkersFirst() {
    PoolFixture fixture = PoolFixture.ready(2, options());
    RecordingSink sink = fixture.submit("a");
    FakeWorker busy =
        fixture.launcher.started().stream().filter(w -> !w.openRuns().isEmpty()).findAny().get();
    fixture.resize(1);
    assertThat(busy.wasAskedToStop()).isFalse();
    assertThat(fixture.launcher.alive()).containsExactly(busy);
    busy.answer();
    assertThat(sink.answer()).isEqualTo("echo:a");
    assertThat(fixture.meters.losses()).isZero();
    assertThat(fixture.status().lastFailure()).isNull();
  }

  @Test
  void scalingDownPrefersAWorkerThatDoesNotServe() {
    PoolFixture fixture = PoolFixture.ready(2, options());
    fixture.launcher.each(worker -> {});
    fixture.worker(1).exit(1);
    fixture.resize(1);
    assertThat(fixture.launcher.alive()).containsExactly(fixture.worker(0));
    assertThat(fixture.worker(0).wasAskedToStop()).isFalse();
    assertThat(fixture.pool.readiness().satisfied()).isTrue();
  }

  @Test
  void scalingToNothingLetsABusyWorkerFinishAndRefusesWhatWaits() {
    PoolFixture fixture = PoolFixture.ready(1, options());
    RecordingSink running = fixture.submit("a");
    RecordingSink waiting = fixture.submit("b");
    fixture.resize(0);
    assertThat(waiting.failure().kind()).isEqualTo(ErrorKind.NO_WORKER);
    assertThat(fixture.status().workers().get(0).state()).isEqualTo(WorkerSnapshot.State.STOPPING);
    fixture.worker(0).answer();
    assertThat(running.answer()).isEqualTo("echo:a");
    assertThat(fixture.launcher.alive()).isEmpty();
    assertThat(fixture.status().workers()).isEmpty();
  }

  @Test
  void matesOfALastStoppingWorkerThatDiesAreNotLeftWaiting() {
    PoolFixture fixture = PoolFixture.ready(1, options().batchSize(2));
    List<RecordingSink> sinks = fixture.burst("a", "b");
    fixture.resize(0);
    fixture.worker(0).exit(1);
    assertThat(sinks)
        .allSatisfy(sink -> assertThat(sink.failure().kind()).isEqualTo(ErrorKind.NO_WORKER));
  }

  @Test
  void aWorkerThatStopsIsGivenItsTimeAlsoWhenItWasIdleForLong() {
    PoolFixture fixture = PoolFixture.ready(1, options());
    fixture.advance(Duration.ofSeconds(9));
    fixture.worker(0).hang();
    fixture.resize(0);
    fixture.advance(Duration.ofMillis(4900));
    assertThat(fixture.worker(0).wasKilled()).isFalse();
    fixture.advance(Duration.ofMillis(200));
    assertThat(fixture.worker(0).wasKilled()).isTrue();
    assertThat(fixture.status().workers()).isEmpty();
  }

  @Test
  void aWorkerThatClosedItsLinkAsItWasToldMayTakeItsTimeToExit() {
    PoolFixture fixture = PoolFixture.ready(1, options());
    fixture.worker(0).hang();
    fixture.resize(0);
    fixture.worker(0).disconnect();
    fixture.advance(Duration.ofSeconds(2));
    assertThat(fixture.worker(0).wasKilled()).isFalse();
    fixture.worker(0).exit(0);
    assertThat(fixture.status().workers()).isEmpty();
    assertThat(fixture.meters.losses()).isZero();
  }

  @Test
  void aWorkerThatStillLoadsIsKilledWhenItIsNotWanted() {
    PoolFixture fixture = new PoolFixture(options());
    fixture.launcher.each(FakeWorker::connect);
    fixture.resize(1);
    fixture.resize(0);
    assertThat(fixture.worker(0).wasKilled()).isTrue();
    assertThat(fixture.status().workers()).isEmpty();
    fixture.advance(Duration.ofMinutes(5));
    assertThat(fixture.launcher.started()).hasSize(1);
  }

  @Test
  void scalingUpAndDownAgainNeverStartsWorkersThatNobodyStops() {
    PoolFixture fixture = PoolFixture.ready(1, options());
    fixture.resize(3);
    fixture.resize(2);
    fixture.resize(4);
    assertThat(fixture.launcher.alive()).hasSize(4);
    assertThat(fixture.status().workers().stream().map(WorkerSnapshot::id)).doesNotHaveDuplicates();
  }

  @Test
  void aNewWorkerGetsTheDeviceThatALeavingOneHad() {
    WorkerConfig config = Configs.worker(Path.of("models"), 2);
    PoolFixture fixture = new PoolFixture(options(), config);
    fixture.resize(2);
    assertThat(gpus(fixture)).containsExactlyInAnyOrder(0, 1);
    RecordingSink sink = fixture.submit("keeps its worker busy");
    for (int i = 0; i < 3; i++) {
      fixture.resize(1);
      fixture.resize(2);
      assertThat(gpus(fixture)).containsExactlyInAnyOrder(0, 1);
    }
    assertThat(sink.ended()).isFalse();
  }

  private static List<Integer> gpus(PoolFixture fixture) {
    return fixture.launcher.alive().stream().map(worker -> worker.launch().gpuId()).toList();
  }

  @Test
  void closingFinishesWhatWasAcceptedAndTakesNothingNew() {
    PoolFixture fixture = PoolFixture.ready(1, options());
    RecordingSink running = fixture.submit("a");
    RecordingSink waiting = fixture.submit("b");
    CompletableFuture<Void> closed = fixture.close(Duration.ofSeconds(30));
    assertThat(fixture.submit("c").failure().kind()).isEqualTo(ErrorKind.SHUTTING_DOWN);
    fixture.worker(0).answer();
    assertThat(closed).isNotDone();
    fixture.worker(0).answer();
    assertThat(running.answer()).isEqualTo("echo:a");
    assertThat(waiting.answer()).isEqualTo("echo:b");
    assertThat(closed).isCompleted();
    assertThat(fixture.launcher.alive()).isEmpty();
    assertThat(fixture.loop.waitingTimers()).isZero();
  }

  @Test
  void whatIsNotDoneWhenTheDrainTimeIsOverFailsAndIsNotRunAgain() {
    PoolFixture fixture = PoolFixture.ready(1, options().batchSize(2));
    List<RecordingSink> running = fixture.burst("a", "b");
    RecordingSink waiting = fixture.submit("c");
    CompletableFuture<Void> closed = fixture.close(Duration.ofSeconds(5));
    fixture.advance(Duration.ofSeconds(5));
    assertThat(running.get(0).failure().kind()).isEqualTo(ErrorKind.SHUTTING_DOWN);
    assertThat(running.get(1).failure().kind()).isEqualTo(ErrorKind.SHUTTING_DOWN);
    assertThat(waiting.failure().kind()).isEqualTo(ErrorKind.SHUTTING_DOWN);
    assertThat(closed).isCompleted();
    assertThat(fixture.launcher.alive()).isEmpty();
    assertThat(fixture.meters.losses()).isLessThanOrEqualTo(1);
    assertThat(fixture.bodies.unreleased()).isEmpty();
  }

  @Test
  void aSecondCloseMayBeMoreImpatient() {
    PoolFixture fixture = PoolFixture.ready(1, options());
    fixture.submit("a");
    CompletableFuture<Void> patient = fixture.close(Duration.ofHours(1));
    CompletableFuture<Void> impatient = fixture.close(Duration.ofSeconds(1));
    fixture.advance(Duration.ofSeconds(1));
    assertThat(patient).isCompleted();
    assertThat(impatient).isCompleted();
  }

  @Test
  void aClosedPoolStartsNoWorkers() {
    PoolFixture fixture = PoolFixture.ready(1, options());
    fixture.close(Duration.ZERO);
    CompletableFuture<Void> late = fixture.resize(2);
    assertThat(kindOf(late)).isEqualTo(ErrorKind.SHUTTING_DOWN);
    assertThat(fixture.launcher.alive()).isEmpty();
    assertThatThrownBy(late::join).hasMessageContaining("being removed");
  }

  @Test
  void closingWhileAWorkerLoadsTellsWhoeverWaitsForIt() {
    PoolFixture fixture = new PoolFixture(options());
    fixture.launcher.each(FakeWorker::connect);
    CompletableFuture<Void> ready = fixture.resize(1);
    CompletableFuture<Void> closed = fixture.close(Duration.ofSeconds(30));
    assertThat(kindOf(ready)).isEqualTo(ErrorKind.SHUTTING_DOWN);
    assertThat(closed).isCompleted();
  }

  @Test
  void closingWhileAWorkerBacksOffEndsAtOnce() {
    PoolFixture fixture = PoolFixture.ready(1, options());
    fixture.worker(0).exit(1);
    assertThat(fixture.close(Duration.ofSeconds(30))).isCompleted();
    fixture.advance(Duration.ofMinutes(1));
    assertThat(fixture.launcher.started()).hasSize(1);
  }
}
