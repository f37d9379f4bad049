package ai.mariner.core.queue;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.process.WorkerSnapshot;
import ai.mariner.core.testing.FakeWorker;
import ai.mariner.core.testing.RecordingSink;
import ai.mariner.core.worker.WorkerError;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Several models in one process. */
class GroupTest {
  private final GroupFixture fixture = new GroupFixture();

  @Test
  void modelsOfOneGroupShareAProcess() {
    GroupFixture.Model a = fixture.model("a", 1);
    GroupFixture.Model b = fixture.model("b", 1);

    assertThat(fixture.process().loads()).containsExactly("a", "b");
    assertThat(a.ready() && b.ready()).isTrue();
    assertThat(a.worker().pid()).isEqualTo(b.worker().pid());
    assertThat(a.worker().sharesWith()).containsExactly(b.key);
    assertThat(fixture.process().launch().name()).isEqualTo("W-9001-small_group");
  }

  @Test
  void aModelWithTwoWorkersSitsInTwoProcesses() {
    GroupFixture.Model a = fixture.model("a", 2);
    GroupFixture.Model b = fixture.model("b", 1);

    assertThat(fixture.launcher.alive()).hasSize(2);
    assertThat(fixture.launcher.worker(0).loads()).containsExactly("a", "b");
    assertThat(fixture.launcher.worker(1).loads()).containsExactly("a");
    a.resize(1);
    assertThat(a.workers()).hasSize(1);
    assertThat(b.ready()).isTrue();
  }

  @Test
  void theyTakeTurnsAndARunIsHandedOverOnlyWhenItCanBegin() {
    GroupFixture.Model a = fixture.model("a", 1);
    GroupFixture.Model b = fixture.model("b", 1);
    FakeWorker process = fixture.process();
    RecordingSink first = a.submit("a1");
    RecordingSink other = b.submit("b1");
    RecordingSink second = a.submit("a2");

    assertThat(process.oldest().texts()).containsExactly("a1");
    assertThat(process.openRuns()).hasSize(1);
    process.answer();
    assertThat(process.oldest().texts()).containsExactly("b1");
    process.answer();
    assertThat(process.oldest().texts()).containsExactly("a2");
    process.answer();
    assertThat(first.answer()).isEqualTo("echo:a1");
    assertThat(other.answer()).isEqualTo("echo:b1");
    assertThat(second.answer()).isEqualTo("echo:a2");
  }

  @Test
  void aLoadThatNobodyAskedForEndsNoTurn() {
    GroupFixture.Model a = fixture.model("a", 1);
    GroupFixture.Model b = fixture.model("b", 1);
    FakeWorker process = fixture.process();
    RecordingSink first = a.submit("a1");
    RecordingSink other = b.submit("b1");

    process.failLoad(WorkerError.LOAD_FAILED, "no");
    fixture.loop.runReady();
    assertThat(process.openRuns()).hasSize(1);
    process.answer();
    process.answer();
    assertThat(first.answer()).isEqualTo("echo:a1");
    assertThat(other.answer()).isEqualTo("echo:b1");
  }

  @Test
  void noModelWithAlwaysMoreToDoKeepsOthersFromTheirTurn() {
    GroupFixture.Model busy = fixture.model("busy", 1);
    GroupFixture.Model c = fixture.model("c", 1);
    GroupFixture.Model d = fixture.model("d", 1);
    FakeWorker process = fixture.process();
    for (int i = 0; i < 8; i++) {
      busy.submit("busy");
    }
    c.submit("c");
    c.submit("c");
    d.submit("d");
    List<String> order = new ArrayList<>();
    while (!process.openRuns().isEmpty()) {
      order.addAll(process.oldest().texts());
      process.answer();
    }

    assertThat(order).startsWith("busy", "c", "d", "busy", "c").hasSize(11);
  }

  @Test
  void runsAreSentAheadWhileNobodyElseWaits() {
    GroupFixture.Model a = fixture.model("a", 1);
    GroupFixture.Model b = fixture.model("b", 1);
    FakeWorker process = fixture.process();
    for (int i = 0; i < 10; i++) {
      a.submit("warm");
      process.answer();
    }
    a.submit("a1");
    a.submit("a2");
    assertThat(process.openRuns()).hasSizeGreaterThan(1);
    RecordingSink other = b.submit("b1");
    a.submit("a3");
    while (!other.ended()) {
      process.answer();
    }
    assertThat(process.runs().get(process.runs().size() - 1).texts()).containsExactly("a3");
  }

  @Test
  void theClockOfARunBeginsWhenTheProcessBeginsIt() {
    Duration limit = Duration.ofSeconds(10);
    GroupFixture.Model a = fixture.model("a", 1, ModelOverrides.builder().responseTimeout(limit));
    GroupFixture.Model b = fixture.model("b", 1, ModelOverrides.builder().responseTimeout(limit));
    RecordingSink first = a.submit("a");
    RecordingSink second = b.submit("b");
    fixture.advance(Duration.ofSeconds(9));
    fixture.process().answer();
    fixture.advance(Duration.ofSeconds(9));
    fixture.process().answer();

    assertThat(first.answer()).isEqualTo("echo:a");
    assertThat(second.answer()).isEqualTo("echo:b");
  }

  @Test
  void whoIsHungCostsTheGroupItsProcessAndOthersNoRequest() {
    GroupFixture.Model hung =
        fixture.model("hung", 1, ModelOverrides.builder().responseTimeout(Duration.ofSeconds(5)));
    GroupFixture.Model b = fixture.model("b", 1);
    RecordingSink lost = hung.submit("lost");
    RecordingSink waiting = b.submit("waiting");
    fixture.advance(Duration.ofSeconds(6));

    assertThat(lost.failure().kind()).isEqualTo(ErrorKind.RESPONSE_TIMEOUT);
    assertThat(fixture.launcher.worker(0).wasKilled()).isTrue();
    fixture.process().answer();
    assertThat(waiting.answer()).isEqualTo("echo:waiting");
    assertThat(b.worker().lastFailure())
        .contains("It shared its process with model hung 1.0, and that was ended by signal 9");
  }

  @Test
  void anIdleModelIsNotTakenForHungWhileAnotherRuns() {
    GroupFixture.Model a = fixture.model("a", 1, slow());
    GroupFixture.Model b = fixture.model("b", 1);
    a.submit("long");
    fixture.advance(Duration.ofMinutes(20));
    fixture.process().answer();

    assertThat(fixture.launcher.started()).hasSize(1);
    assertThat(b.meters.losses()).isZero();
  }

  @Test
  void anIdleProcessThatShowsNoLifeIsReplaced() {
    GroupFixture.Model a = fixture.model("a", 1);
    GroupFixture.Model b = fixture.model("b", 1);
    fixture.process().hang();
    fixture.advance(Duration.ofMinutes(2));

    assertThat(fixture.launcher.started()).hasSizeGreaterThan(1);
    assertThat(a.ready() && b.ready()).isTrue();
    assertThat(fixture.process().loads()).containsExactlyInAnyOrder("a", "b");
  }

  @Test
  void anIdleModelIsNotTakenForHungWhileAnotherLoads() {
    GroupFixture.Model a = fixture.model("a", 1);
    fixture.process().loadSlowly();
    GroupFixture.Model b =
        fixture.model("b", 1, ModelOverrides.builder().startupTimeout(Duration.ofMinutes(30)));
    fixture.advance(Duration.ofMinutes(20));
    assertThat(fixture.launcher.started()).hasSize(1);
    assertThat(a.ready()).isTrue();
    fixture.process().load();
    assertThat(b.ready()).isTrue();
  }

  @Test
  void aModelThatCantLoadLeavesTheOthersAlone() {
    GroupFixture.Model a = fixture.model("a", 1);
    fixture.process().loadSlowly();
    GroupFixture.Model bad = fixture.model("bad", 1);
    GroupFixture.Model c = fixture.model("c", 1);
    fixture.process().failLoad(WorkerError.LOAD_FAILED, "no");

    assertThat(bad.resized).isCompletedExceptionally();
    assertThat(bad.worker().lastFailure()).contains("no");
    fixture.process().load();
    assertThat(a.ready() && c.ready()).isTrue();
    assertThat(a.meters.losses()).isZero();
    assertThat(fixture.process().unloads()).isZero();
    fixture.advance(Duration.ofSeconds(1));
    assertThat(fixture.process().loads()).endsWith("bad");
  }

  @Test
  void aCrashBlamesWhoRanAndTheOthersGoOn() {
    GroupFixture.Model culprit = fixture.model("culprit", 1);
    GroupFixture.Model b = fixture.model("b", 1);
    RecordingSink blamed = culprit.submit("poison");
    RecordingSink queued = b.submit("queued");
    fixture.process().dieBySignal(11);
    fixture.advance(Duration.ofSeconds(1));

    assertThat(blamed.failure().message()).contains("It was ended by signal 11");
    fixture.process().answer();
    assertThat(queued.answer()).isEqualTo("echo:queued");
    assertThat(fixture.process().loads()).containsExactlyInAnyOrder("culprit", "b");
  }

  @Test
  void whoEndsThreeProcessesGetsOneOfItsOwn() {
    GroupFixture.Model culprit = fixture.model("culprit", 1);
    GroupFixture.Model b = fixture.model("b", 1);
    for (int i = 0; i < 3; i++) {
      assertThat(culprit.worker().sharesWith()).containsExactly(b.key);
      culprit.submit("poison");
      fixture.process().exit(139);
      fixture.advance(Duration.ofSeconds(3));
    }
    fixture.launcher.each(FakeWorker::connectAndLoadAll);
    fixture.advance(Duration.ofSeconds(3));

    assertThat(culprit.worker().sharesWith()).isNull();
    assertThat(culprit.worker().pid()).isNotEqualTo(b.worker().pid());
    assertThat(fixture.launcher.alive()).hasSize(2);
    assertThat(b.worker().sharesWith()).isEmpty();
    assertThat(b.ready()).isTrue();
  }

  @Test
  void losersOfADeathThatNobodyIsToBlameForStayTogether() {
    GroupFixture.Model a = fixture.model("a", 1);
    GroupFixture.Model b = fixture.model("b", 1);
    for (int i = 0; i < 5; i++) {
      fixture.process().dieBySignal(9);
      fixture.advance(Duration.ofSeconds(20));
    }
    assertThat(a.worker().pid()).isEqualTo(b.worker().pid());
  }

  @Test
  void aModelThatGoesIsUnloadedAndTheLastOneTakesTheProcessAlong() {
    GroupFixture.Model a = fixture.model("a", 1);
    GroupFixture.Model b = fixture.model("b", 1);
    FakeWorker process = fixture.process();
    RecordingSink last = a.submit("last");
    var closed = a.close(Duration.ofSeconds(10));
    assertThat(closed).isNotDone();
    process.answer();
    assertThat(closed).isDone();
    assertThat(last.answer()).isEqualTo("echo:last");
    assertThat(process.unloads()).isOne();
    assertThat(b.worker().sharesWith()).isEmpty();
    assertThat(b.close(Duration.ZERO)).isDone();
    assertThat(process.wasAskedToStop()).isTrue();
    assertThat(fixture.launcher.alive()).isEmpty();
  }

  @Test
  void aModelThatGoesDoesNotWaitForTheRunOfAnother() {
    GroupFixture.Model a = fixture.model("a", 1);
    GroupFixture.Model b = fixture.model("b", 1, slow());
    RecordingSink running = b.submit("long");
    assertThat(a.close(Duration.ZERO)).isDone();
    fixture.advance(Duration.ofMinutes(1));
    assertThat(fixture.process().unloads()).isZero();
    fixture.process().answer();
    assertThat(running.answer()).isEqualTo("echo:long");
    assertThat(fixture.process().unloads()).isOne();
  }

  @Test
  void aModelThatGoesWhileItLoadsIsUnloadedThen() {
    GroupFixture.Model a = fixture.model("a", 1);
    fixture.process().loadSlowly();
    GroupFixture.Model b = fixture.model("b", 1);
    assertThat(b.close(Duration.ZERO)).isDone();
    RecordingSink waiting = a.submit("a");
    fixture.process().load();
    fixture.process().answer();

    assertThat(waiting.answer()).isEqualTo("echo:a");
    assertThat(fixture.process().unloads()).isOne();
    assertThat(fixture.launcher.started()).hasSize(1);
  }

  @Test
  void aLoadThatNobodyNeedsAndThatDoesNotEndCostsTheProcess() {
    GroupFixture.Model a = fixture.model("a", 1);
    fixture.process().loadSlowly();
    GroupFixture.Model b = fixture.model("b", 1);
    b.close(Duration.ZERO);
    RecordingSink waiting = a.submit("a");
    fixture.advance(Duration.ofSeconds(15));
    fixture.process().answer();
    assertThat(waiting.answer()).isEqualTo("echo:a");
    assertThat(fixture.launcher.worker(0).wasKilled()).isTrue();
  }

  @Test
  void whoWaitsForItsLoadFindsAnotherProcessWhenThisOneEnds() {
    GroupFixture.Model a = fixture.model("a", 1);
    fixture.process().loadSlowly();
    GroupFixture.Model bad = fixture.model("bad", 1);
    GroupFixture.Model c = fixture.model("c", 1);
    fixture.process().exit(1);
    fixture.advance(Duration.ofSeconds(1));

    assertThat(c.ready()).isTrue();
    assertThat(c.meters.losses()).isZero();
    assertThat(c.resized).isCompleted();
    assertThat(bad.resized).isCompletedExceptionally();
    assertThat(a.ready()).isTrue();
  }

  @Test
  void aProcessThatDoesNotConnectFailsAllLoads() {
    fixture.launcher.each(worker -> {});
    GroupFixture.Model a = fixture.model("a", 1);
    GroupFixture.Model b = fixture.model("b", 1);
    fixture.advance(Duration.ofSeconds(61));
    assertThat(a.resized).isCompletedExceptionally();
    assertThat(b.resized).isCompletedExceptionally();
    assertThat(a.worker().lastFailure()).contains("did not connect within 60 s");
  }

  @Test
  void aProcessThatMustNotBeUsedAgainIsReplacedForAll() {
    GroupFixture.Model a = fixture.model("a", 1);
    GroupFixture.Model b = fixture.model("b", 1);
    RecordingSink answered = a.submit("a");
    RecordingSink waiting = b.submit("b");
    fixture.process().answerAndBeSpent();
    fixture.advance(Duration.ofSeconds(1));
    assertThat(answered.answer()).isEqualTo("echo:a");
    fixture.process().answer();
    assertThat(waiting.answer()).isEqualTo("echo:b");
    assertThat(fixture.launcher.started()).hasSize(2);
  }

  @Test
  void aWindowThatFillsDoesNotKeepTheProcess() {
    GroupFixture.Model window =
        fixture.model(
            "window",
            1,
            ModelOverrides.builder().batchSize(4).maxBatchDelay(Duration.ofMillis(200)));
    GroupFixture.Model b = fixture.model("b", 1);
    RecordingSink late = window.submit("w");
    RecordingSink prompt = b.submit("b");
    fixture.process().answer();
    assertThat(prompt.answer()).isEqualTo("echo:b");
    fixture.advance(Duration.ofMillis(250));
    fixture.process().answer();
    assertThat(late.answer()).isEqualTo("echo:w");
  }

  @Test
  void aWorkerWaitsForItsFirstTurnWithoutALimit() {
    fixture.model("a", 1);
    fixture.process().loadSlowly();
    ModelOverrides.Builder patient =
        ModelOverrides.builder().startupTimeout(Duration.ofMinutes(10));
    GroupFixture.Model slow = fixture.model("slow", 1, patient);
    GroupFixture.Model c = fixture.model("c", 1);
    fixture.advance(Duration.ofMinutes(9));
    fixture.process().load();
    fixture.process().load();
    assertThat(slow.ready() && c.ready()).isTrue();
    assertThat(c.worker().state()).isEqualTo(WorkerSnapshot.State.READY);
  }

  private static ModelOverrides.Builder slow() {
    return ModelOverrides.builder().responseTimeout(Duration.ofHours(1));
  }
}
