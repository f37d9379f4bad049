package ai.mariner.core.queue;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.RetryOnWorkerLoss;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.testing.FakeWorker;
import ai.mariner.core.testing.RecordingSink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class WorkerLossTest {
  private static final Duration RESTART = Duration.ofMillis(100);

  private static ModelOverrides.Builder retry(RetryOnWorkerLoss retry, int batchSize) {
    return ModelOverrides.builder().batchSize(batchSize).retryOnWorkerLoss(retry);
  }

  /**
   * Plays on until nothing is open: requests of this text kill their worker, others are answered.
   */
  private static void play(PoolFixture fixture, String poison) {
    for (int turn = 0; turn < 100; turn++) {
      for (FakeWorker worker : fixture.launcher.alive()) {
        if (worker.openRuns().isEmpty()) {
          continue;
        }
        if (worker.oldest().texts().stream().anyMatch(text -> text.startsWith(poison))) {
          worker.exit(139);
        } else {
          worker.answer();
        }
      }
      fixture.advance(Duration.ofSeconds(1));
    }
  }

  @Test
  void aBatchOfOneFailsWithTheSignalThatEndedItsWorker() {
    PoolFixture fixture = PoolFixture.ready(1, 8);
    RecordingSink sink = fixture.submit("a");
    fixture.worker(0).printError("Fatal: stack smashed");
    fixture.worker(0).exit(139);
    assertThat(sink.failure().kind()).isEqualTo(ErrorKind.WORKER_LOST);
    assertThat(sink.failure().message()).contains("Worker died").contains("SIGSEGV");
    assertThat(sink.failure().detail()).isEqualTo("Fatal: stack smashed");
    assertThat(fixture.status().lastFailure()).contains("SIGSEGV").contains("stack smashed");
    assertThat(fixture.meters.losses()).isEqualTo(1);
    assertThat(fixture.bodies.unreleased()).isEmpty();
  }

  @Test
  void aKillFromOutsideIsTakenForWantOfMemory() {
    PoolFixture fixture = PoolFixture.ready(1, 1);
    RecordingSink sink = fixture.submit("a");
    fixture.worker(0).dieBySignal(9);
    assertThat(sink.failure().kind()).isEqualTo(ErrorKind.WORKER_OUT_OF_MEMORY);
  }

  @Test
  void answersThatWereWrittenBeforeTheEndCount() {
    PoolFixture fixture = PoolFixture.ready(1, 1);
    RecordingSink sink = fixture.submit("a");
    fixture.worker(0).answer();
    fixture.worker(0).exit(1);
    assertThat(sink.answer()).isEqualTo("echo:a");
  }

  @Test
  void aLostWorkerIsReplacedAndServesAgain() {
    PoolFixture fixture = PoolFixture.ready(1, 1);
    fixture.worker(0).exit(1);
    assertThat(fixture.pool.readiness().satisfied()).isFalse();
    RecordingSink waits = fixture.submit("a");
    fixture.advance(RESTART);
    assertThat(fixture.pool.readiness().satisfied()).isTrue();
    assertThat(fixture.worker(1).launch().workerId())
        .isEqualTo(fixture.worker(0).launch().workerId());
    assertThat(fixture.worker(1).launch().generation()).isEqualTo(2);
    fixture.worker(1).answer();
    assertThat(waits.answer()).isEqualTo("echo:a");
  }

  @Test
  void onePoisonRequestFailsAloneAndSevenMatesGetTheirAnswers() {
    PoolFixture fixture = PoolFixture.ready(1, 8);
    List<RecordingSink> sinks = fixture.burst("a", "b", "poison", "c", "d", "e", "f", "g");
    play(fixture, "poison");
    List<RecordingSink> mates = new ArrayList<>(sinks);
    RecordingSink poison = mates.remove(2);
    assertThat(poison.failure().kind()).isEqualTo(ErrorKind.WORKER_LOST);
    assertThat(mates).allSatisfy(sink -> assertThat(sink.answer()).startsWith("echo:"));
    // In halves: 8, 4 and 2 requests run again, then the last one is to blame.
    assertThat(fixture.meters.reruns()).isEqualTo(14);
    assertThat(fixture.meters.losses()).isEqualTo(4);
    assertThat(fixture.bodies.unreleased()).isEmpty();
  }

  @Test
  void matesRunAgainAheadOfWhatCameLaterAndInTheirOrder() {
    PoolFixture fixture = PoolFixture.ready(1, 2);
    fixture.burst("a", "b", "c", "d");
    fixture.worker(0).exit(1);
    fixture.advance(RESTART);
    FakeWorker second = fixture.worker(1);
    second.answer();
    second.answer();
    second.answer();
    assertThat(second.runs().stream().map(FakeWorker.SentRun::texts))
        .containsExactly(List.of("a"), List.of("b"), List.of("c", "d"));
  }

  @Test
  void matesKeepTheirFirstDeadline() {
    PoolFixture fixture = PoolFixture.ready(1, 2);
    RecordingSink first = fixture.enqueue("a", request -> request.timeout(Duration.ofMillis(150)));
    RecordingSink second = fixture.enqueue("b", request -> request);
    fixture.loop.runReady();
    fixture.advance(Duration.ofMillis(100));
    fixture.worker(0).exit(1);
    fixture.advance(RESTART);
    assertThat(first.failure().kind()).isEqualTo(ErrorKind.DEADLINE_EXCEEDED);
    fixture.worker(1).answer();
    assertThat(second.answer()).isEqualTo("echo:b");
  }

  @Test
  void aMateThatLeftIsNotRunAgain() {
    PoolFixture fixture = PoolFixture.ready(1, 2);
    List<RecordingSink> sinks = fixture.burst("a", "b");
    fixture.leave(sinks.get(0));
    fixture.worker(0).exit(1);
    fixture.advance(RESTART);
    assertThat(fixture.worker(1).oldest().texts()).containsExactly("b");
  }

  @Test
  void severalPoisonRequestsDoNotSinkTheInnocent() {
    PoolFixture fixture = PoolFixture.ready(1, 8);
    List<RecordingSink> sinks =
        fixture.burst("poison1", "good1", "poison2", "poison3", "good2", "poison4");
    RecordingSink later = fixture.submit("later");
    play(fixture, "poison");
    for (int poison : new int[] {0, 2, 3, 5}) {
      assertThat(sinks.get(poison).failure().kind()).isEqualTo(ErrorKind.WORKER_LOST);
    }
    assertThat(sinks.get(1).answer()).isEqualTo("echo:good1");
    assertThat(sinks.get(4).answer()).isEqualTo("echo:good2");
    assertThat(later.answer()).isEqualTo("echo:later");
    assertThat(fixture.bodies.unreleased()).isEmpty();
  }

  @Test
  void aBatchWhoseWorkerIsKilledFromOutsideRunsAgainInHalves() {
    PoolFixture fixture = PoolFixture.ready(1, 4);
    List<RecordingSink> sinks = fixture.burst("a", "b", "c", "d");
    fixture.worker(0).dieBySignal(15);
    fixture.advance(RESTART);
    FakeWorker second = fixture.worker(1);
    second.answer();
    second.answer();
    assertThat(second.runs().stream().map(FakeWorker.SentRun::texts))
        .containsExactly(List.of("a", "b"), List.of("c", "d"));
    assertThat(sinks).allSatisfy(sink -> assertThat(sink.answer()).startsWith("echo:"));
  }

  @Test
  void aLargeBatchIsGivenUpBranchByBranch() {
    PoolFixture fixture =
        PoolFixture.ready(1, ModelOverrides.builder().batchSize(512).jobQueueSize(600));
    String[] texts = new String[512];
    Arrays.fill(texts, "a");
    List<RecordingSink> sinks = fixture.burst(texts);
    for (int losses = 0; losses < 8; losses++) {
      assertThat(sinks.get(0).ended()).isFalse();
      fixture.worker(losses).exit(1);
      fixture.advance(Duration.ofSeconds(31));
    }
    // 512, 256 and so on down to 4 requests, then these are given up and the others are not.
    assertThat(sinks.subList(0, 4))
        .allSatisfy(sink -> assertThat(sink.failure().kind()).isEqualTo(ErrorKind.WORKER_LOST));
    assertThat(sinks.subList(4, 512)).noneMatch(RecordingSink::ended);
  }

  @Test
  void unstartedRunsOnlyWhatHadNotBegun() {
    PoolFixture fixture = PoolFixture.ready(1, retry(RetryOnWorkerLoss.UNSTARTED, 1));
    fixture.warmUp();
    List<RecordingSink> sinks = fixture.burst("begun", "ahead1", "ahead2");
    assertThat(fixture.worker(0).openRuns()).hasSize(3);
    fixture.worker(0).exit(1);
    fixture.advance(RESTART);
    assertThat(sinks.get(0).failure().kind()).isEqualTo(ErrorKind.WORKER_LOST);
    fixture.worker(1).answer();
    fixture.worker(1).answer();
    assertThat(sinks.get(2).answer()).isEqualTo("echo:ahead2");
  }

  @Test
  void unstartedFailsEveryMateOfABatchThatHadBegun() {
    PoolFixture fixture = PoolFixture.ready(1, retry(RetryOnWorkerLoss.UNSTARTED, 4));
    List<RecordingSink> sinks = fixture.burst("a", "b");
    fixture.worker(0).exit(1);
    assertThat(sinks).allSatisfy(sink -> assertThat(sink.failure()).isNotNull());
  }

  @Test
  void neverFailsWhatWasSentAheadToo() {
    PoolFixture fixture = PoolFixture.ready(1, retry(RetryOnWorkerLoss.NEVER, 1).jobQueueSize(200));
    fixture.warmUp();
    String[] most =
        IntStream.rangeClosed(1, 128).mapToObj(Integer::toString).toArray(String[]::new);
    List<RecordingSink> sent = fixture.burst(most);
    RecordingSink waiting = fixture.submit("waits");
    assertThat(fixture.worker(0).openRuns()).hasSize(128);
    fixture.worker(0).exit(1);
    assertThat(sent)
        .allSatisfy(sink -> assertThat(sink.failure().kind()).isEqualTo(ErrorKind.WORKER_LOST));
    assertThat(fixture.meters.reruns()).isZero();
    fixture.advance(RESTART);
    fixture.worker(1).answer();
    assertThat(waiting.answer()).isEqualTo("echo:waits");
  }

  @Test
  void anAnswerThatIsToldAfterItsWorkerWasLostCounts() {
    PoolFixture fixture = PoolFixture.ready(1, 1);
    RecordingSink answered = fixture.submit("answered");
    RecordingSink next = fixture.submit("next");
    FakeWorker worker = fixture.worker(0);
    // All in one turn of the loop: the answer is told when the next run has been looked for.
    fixture.loop.execute(
        () -> {
          worker.answer();
          worker.dieBySignal(9);
        });
    fixture.loop.runReady();
    assertThat(answered.answer()).isEqualTo("echo:answered");
    fixture.advance(RESTART);
    fixture.worker(1).answer();
    assertThat(next.answer()).isEqualTo("echo:next");
    assertThat(fixture.bodies.unreleased()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void anAnswerThatWasKeptBackCountsAndTheNextRunIsToBlame(RetryOnWorkerLoss policy) {
    PoolFixture fixture = PoolFixture.ready(1, retry(policy, 1));
    fixture.warmUp();
    List<RecordingSink> sinks = fixture.burst("served", "poison", "ahead");
    fixture.worker(0).keepAnswer();
    fixture.worker(0).dieBySignal(11);
    assertThat(sinks.get(0).answer()).isEqualTo("echo:served");
    assertThat(sinks.get(1).failure().message()).contains("signal 11");
    fixture.advance(RESTART);
    if (policy == RetryOnWorkerLoss.NEVER) {
      assertThat(sinks.get(2).failure().kind()).isEqualTo(ErrorKind.WORKER_LOST);
      assertThat(fixture.meters.reruns()).isZero();
    } else {
      fixture.worker(1).answer();
      assertThat(sinks.get(2).answer()).isEqualTo("echo:ahead");
      assertThat(fixture.meters.reruns()).isEqualTo(1);
    }
  }

  @Test
  void aStreamThatHasBegunIsNeverRunAgain() {
    PoolFixture fixture = PoolFixture.ready(1, 2);
    RecordingSink stream = fixture.enqueue("s", request -> request.streaming());
    RecordingSink mate = fixture.enqueue("m", request -> request);
    fixture.loop.runReady();
    FakeWorker worker = fixture.worker(0);
    worker.piece(worker.oldest().items().get(0).id(), "one");
    worker.exit(1);
    assertThat(stream.pieces()).containsExactly("one");
    assertThat(stream.failure().kind()).isEqualTo(ErrorKind.WORKER_LOST);
    assertThat(mate.failure().kind()).isEqualTo(ErrorKind.WORKER_LOST);
    assertThat(fixture.meters.reruns()).isZero();
  }

  @Test
  void aSpentWorkerIsReplacedAfterItsAnswer() {
    PoolFixture fixture = PoolFixture.ready(1, 1);
    RecordingSink sink = fixture.submit("a");
    fixture.worker(0).answerAndBeSpent();
    assertThat(sink.answer()).isEqualTo("echo:a");
    assertThat(fixture.worker(0).hasExited()).isTrue();
    RecordingSink next = fixture.submit("b");
    fixture.advance(RESTART);
    fixture.worker(1).answer();
    assertThat(next.answer()).isEqualTo("echo:b");
    assertThat(fixture.meters.losses()).isEqualTo(1);
  }

  @Test
  void whatWasSentAheadToASpentWorkerRunsOnTheNextOne() {
    PoolFixture fixture = PoolFixture.ready(1, 1);
    fixture.warmUp();
    List<RecordingSink> sinks = fixture.burst("a", "b");
    fixture.worker(0).answerAndBeSpent();
    fixture.advance(RESTART);
    fixture.worker(1).answer();
    assertThat(sinks.get(0).answer()).isEqualTo("echo:a");
    assertThat(sinks.get(1).answer()).isEqualTo("echo:b");
  }

  @Test
  void aProcessThatClosesItsLinkButGoesOnIsKilledWithinAQuarterOfASecond() {
    PoolFixture fixture = PoolFixture.ready(1, 1);
    RecordingSink sink = fixture.submit("a");
    fixture.worker(0).disconnect();
    fixture.advance(Duration.ofMillis(199));
    assertThat(sink.ended()).isFalse();
    fixture.advance(Duration.ofMillis(51));
    assertThat(sink.failure().message()).contains("closed its connection");
    assertThat(fixture.worker(0).hasExited()).isTrue();
    assertThat(fixture.submit("waits").ended()).isFalse();
    fixture.advance(RESTART);
    assertThat(fixture.pool.readiness().satisfied()).isTrue();
    assertThat(fixture.pool.readiness().failed()).isFalse();
    assertThat(fixture.meters.losses()).isEqualTo(1);
  }

  @Test
  void wordsOfAnEarlierProcessAreIgnored() {
    PoolFixture fixture = PoolFixture.ready(1, 1);
    RecordingSink first = fixture.submit("a");
    FakeWorker old = fixture.worker(0);
    long runId = old.oldest().id();
    old.exit(1);
    fixture.advance(RESTART);
    RecordingSink second = fixture.submit("b");
    old.replyLate(
        runId,
        List.of(
            new ai.mariner.core.worker.ItemReply(
                old.oldest().items().get(0).id(), true, null, old.reply("late"))));
    old.connect();
    assertThat(first.failure().kind()).isEqualTo(ErrorKind.WORKER_LOST);
    assertThat(second.ended()).isFalse();
    fixture.worker(1).answer();
    assertThat(second.answer()).isEqualTo("echo:b");
    assertThat(fixture.bodies.unreleased()).isEmpty();
  }

  @Test
  void aClientThatLeavesWhenItsMateFailsTakesNobodyWithIt() {
    PoolFixture fixture = PoolFixture.ready(1, 1);
    fixture.warmUp();
    List<RecordingSink> sinks = fixture.burst("begun", "ahead");
    fixture.worker(0).hang();
    List<RecordingSink> waiting = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      waiting.add(fixture.submit("w" + i));
    }
    sinks.get(0).whenEnded(sinks.get(1)::leave);
    fixture.worker(0).exit(1);
    assertThat(sinks.get(1).failure().kind()).isEqualTo(ErrorKind.CANCELLED);
    play(fixture, "none");
    assertThat(waiting).allSatisfy(sink -> assertThat(sink.answer()).startsWith("echo:w"));
  }
}
