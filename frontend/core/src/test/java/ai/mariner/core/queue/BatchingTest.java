package ai.mariner.core.queue;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.BatchPolicy;
import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.message.Operation;
import ai.mariner.core.testing.FakeWorker;
import ai.mariner.core.testing.RecordingSink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BatchingTest {
  private static final Duration DELAY = Duration.ofMillis(100);

  private static ModelOverrides.Builder window(int batchSize) {
    return ModelOverrides.builder().batchSize(batchSize).maxBatchDelay(DELAY);
  }

  private static List<List<String>> texts(FakeWorker worker) {
    return worker.runs().stream().map(FakeWorker.SentRun::texts).toList();
  }

  @Test
  void anIdleWorkerGetsAPlainRequestAtOnce() {
    PoolFixture fixture = PoolFixture.ready(1, 8);
    RecordingSink sink = fixture.submit("a");
    assertThat(texts(fixture.worker(0))).containsExactly(List.of("a"));
    fixture.worker(0).answer();
    assertThat(sink.answer()).isEqualTo("echo:a");
    assertThat(fixture.bodies.unreleased()).isEmpty();
  }

  @Test
  void requestsThatArriveInOneTurnOfTheLoopFormOneBatch() {
    PoolFixture fixture = PoolFixture.ready(1, 8);
    List<RecordingSink> sinks = fixture.burst("a", "b", "c");
    assertThat(texts(fixture.worker(0))).containsExactly(List.of("a", "b", "c"));
    fixture.worker(0).answer();
    assertThat(sinks.stream().map(RecordingSink::answer))
        .containsExactly("echo:a", "echo:b", "echo:c");
    assertThat(fixture.meters.batchSizes()).containsExactly(3);
  }

  @Test
  void severalIdleWorkersShareABurstEvenly() {
    PoolFixture fixture = PoolFixture.ready(3, 8);
    fixture.burst("a", "b", "c", "d", "e", "f", "g");
    assertThat(fixture.meters.batchSizes()).containsExactly(3, 2, 2);
    assertThat(fixture.launcher.started()).allSatisfy(w -> assertThat(w.runs()).hasSize(1));
  }

  @Test
  void batchesGrowWhileTheWorkerIsBusyUpToTheirSize() {
    PoolFixture fixture = PoolFixture.ready(1, 3);
    for (String text : List.of("a", "b", "c", "d", "e")) {
      fixture.submit(text);
    }
    fixture.worker(0).answer();
    assertThat(texts(fixture.worker(0))).containsExactly(List.of("a"), List.of("b", "c", "d"));
    fixture.worker(0).answer();
    assertThat(fixture.worker(0).oldest().texts()).containsExactly("e");
  }

  @Test
  void idleWorkersTakeTurns() {
    PoolFixture fixture = PoolFixture.ready(2, 1);
    for (int i = 0; i < 4; i++) {
      fixture.submit("r" + i);
      for (FakeWorker worker : fixture.launcher.started()) {
        if (!worker.openRuns().isEmpty()) {
          worker.answer();
        }
      }
    }
    assertThat(fixture.worker(0).runs()).hasSize(2);
    assertThat(fixture.worker(1).runs()).hasSize(2);
  }

  @Test
  void aWindowIsCountedFromTheArrivalOfTheOldestRequest() {
    PoolFixture fixture = PoolFixture.ready(1, window(4));
    fixture.submit("a");
    fixture.advance(Duration.ofMillis(60));
    fixture.submit("b");
    fixture.advance(Duration.ofMillis(39));
    assertThat(fixture.worker(0).runs()).isEmpty();
    fixture.advance(Duration.ofMillis(1));
    assertThat(texts(fixture.worker(0))).containsExactly(List.of("a", "b"));
  }

  @Test
  void aFullWindowDoesNotWait() {
    PoolFixture fixture = PoolFixture.ready(1, window(2));
    fixture.submit("a");
    fixture.submit("b");
    assertThat(texts(fixture.worker(0))).containsExactly(List.of("a", "b"));
  }

  @Test
  void aWindowThatPassedWhileTheWorkerWasBusyIsNotWaitedForAgain() {
    PoolFixture fixture = PoolFixture.ready(1, window(2));
    fixture.burst("a", "b");
    fixture.submit("c");
    fixture.advance(DELAY.multipliedBy(2));
    fixture.worker(0).answer();
    assertThat(fixture.worker(0).oldest().texts()).containsExactly("c");
  }

  @Test
  void aWindowOpensAnewWhenItsOldestRequestIsCancelled() {
    PoolFixture fixture = PoolFixture.ready(1, window(4));
    RecordingSink first = fixture.submit("a");
    fixture.advance(Duration.ofMillis(50));
    fixture.submit("b");
    fixture.leave(first);
    fixture.advance(Duration.ofMillis(99));
    assertThat(fixture.worker(0).runs()).isEmpty();
    fixture.advance(Duration.ofMillis(1));
    assertThat(texts(fixture.worker(0))).containsExactly(List.of("b"));
  }

  @Test
  void aBatchSizeOfOneNeverWaitsEvenWithADelay() {
    PoolFixture fixture = PoolFixture.ready(1, window(1));
    fixture.submit("a");
    assertThat(fixture.worker(0).runs()).hasSize(1);
  }

  @Test
  void anExplicitPolicyBeatsTheOneThatADelayImplies() {
    PoolFixture fixture = PoolFixture.ready(1, window(4).batchPolicy(BatchPolicy.GREEDY));
    fixture.submit("a");
    assertThat(fixture.worker(0).runs()).hasSize(1);
  }

  @Test
  void operationsAreNeverMixedAndKeepTheirOrder() {
    PoolFixture fixture = PoolFixture.ready(1, 8);
    fixture.enqueue("a", request -> request);
    fixture.enqueue("b", request -> request.operation(Operation.EXPLAIN));
    fixture.enqueue("c", request -> request.operation(Operation.EXPLAIN));
    fixture.enqueue("d", request -> request);
    fixture.loop.runReady();
    FakeWorker worker = fixture.worker(0);
    worker.answer();
    worker.answer();
    worker.answer();
    assertThat(texts(worker)).containsExactly(List.of("a"), List.of("b", "c"), List.of("d"));
    assertThat(worker.runs().stream().map(FakeWorker.SentRun::operation))
        .containsExactly(Operation.PREDICT, Operation.EXPLAIN, Operation.PREDICT);
  }

  @Test
  void aRequestOfAnotherOperationEndsTheWaitOfAWindow() {
    PoolFixture fixture = PoolFixture.ready(1, window(4));
    fixture.submit("a");
    fixture.submit("b", request -> request.operation(Operation.EXPLAIN));
    assertThat(texts(fixture.worker(0))).containsExactly(List.of("a"));
  }

  @Test
  void describeRunsAloneAndDoesNotWaitForAWindow() {
    PoolFixture fixture = PoolFixture.ready(1, window(4));
    fixture.enqueue("a", request -> request.operation(Operation.DESCRIBE));
    fixture.enqueue("b", request -> request.operation(Operation.DESCRIBE));
    fixture.loop.runReady();
    fixture.worker(0).answer();
    assertThat(texts(fixture.worker(0))).containsExactly(List.of("a"), List.of("b"));
  }

  @Test
  void aFullQueueRefusesAtOnceAndSaysSo() {
    PoolFixture fixture =
        PoolFixture.ready(1, ModelOverrides.builder().batchSize(1).jobQueueSize(2));
    fixture.burst("running", "a", "b");
    assertThat(fixture.worker(0).runs()).hasSize(1);
    assertThat(fixture.status().waiting()).isEqualTo(2);
    RecordingSink refused = fixture.submit("c");
    assertThat(refused.failure().kind()).isEqualTo(ErrorKind.QUEUE_FULL);
    assertThat(refused.failure().message()).contains("echo 1.0").contains("jobQueueSize: 2");
  }

  @Test
  void aPlaceInTheQueueIsFreeAgainWhenItsClientLeft() {
    PoolFixture fixture =
        PoolFixture.ready(1, ModelOverrides.builder().batchSize(1).jobQueueSize(1));
    fixture.submit("running");
    RecordingSink waiting = fixture.submit("a");
    fixture.leave(waiting);
    assertThat(waiting.failure().kind()).isEqualTo(ErrorKind.CANCELLED);
    assertThat(fixture.submit("b").ended()).isFalse();
    fixture.worker(0).answer();
    assertThat(fixture.worker(0).oldest().texts()).containsExactly("b");
  }

  @Test
  void aModelWithoutWorkersRefusesAndNamesTheMend() {
    PoolFixture fixture = new PoolFixture(ModelOverrides.builder());
    fixture.resize(0);
    RecordingSink sink = fixture.submit("a");
    assertThat(sink.failure().kind()).isEqualTo(ErrorKind.NO_WORKER);
    assertThat(sink.failure().message()).contains("scale workers");
    assertThat(fixture.bodies.unreleased()).isEmpty();
  }

  @Test
  void aModelThatWasOnlyJustRegisteredCountsAsLoadingAndLetsRequestsWait() {
    PoolFixture fixture = new PoolFixture(ModelOverrides.builder().workers(2, 2));
    assertThat(fixture.pool.readiness().satisfied()).isFalse();
    RecordingSink sink = fixture.submit("a");
    assertThat(sink.ended()).isFalse();
    fixture.resize(2);
    fixture.advance(Duration.ofSeconds(1));
    assertThat(fixture.pool.readiness().satisfied()).isTrue();
  }

  @Test
  void requestsWaitForTheFirstLoad() {
    PoolFixture fixture = new PoolFixture(ModelOverrides.builder().batchSize(4));
    fixture.launcher.each(FakeWorker::connect);
    fixture.resize(1);
    List<RecordingSink> sinks = fixture.burst("a", "b");
    fixture.advance(Duration.ofSeconds(30));
    fixture.worker(0).load();
    fixture.worker(0).answer();
    assertThat(sinks.get(1).answer()).isEqualTo("echo:b");
  }

  @Test
  void runsAreSentAheadOnlyWhenTheyAreShort() {
    PoolFixture fixture = PoolFixture.ready(1, 1);
    fixture.submit("a");
    fixture.submit("b");
    assertThat(fixture.worker(0).openRuns()).hasSize(1);
    fixture.worker(0).answer();
    fixture.worker(0).answer();
    fixture.warmUp();
    fixture.burst("c", "d", "e");
    assertThat(fixture.worker(0).openRuns()).hasSize(3);
  }

  /** Shows each worker a run of 20 ms, then sends a burst; returns what the first one has of it. */
  private static List<FakeWorker.SentRun> burstAfterRunsOf20Millis(PoolFixture fixture) {
    fixture.warmUp();
    fixture.burst("slow", "slow");
    fixture.advance(Duration.ofMillis(20));
    for (FakeWorker worker : fixture.launcher.alive()) {
      while (!worker.openRuns().isEmpty()) {
        worker.answer();
      }
    }
    burstOfMany(fixture);
    return fixture.worker(0).openRuns();
  }

  @Test
  void afterASlowRunOneRequestIsSentAheadToTheOnlyWorker() {
    assertThat(burstAfterRunsOf20Millis(PoolFixture.ready(1, 1))).hasSize(2);
  }

  @Test
  void afterASlowRunNothingIsSentAheadThatAnotherWorkerMightServeSooner() {
    PoolFixture fixture = PoolFixture.ready(2, 1);
    fixture.warmUp();
    assertThat(burstAfterRunsOf20Millis(fixture)).hasSize(1);
  }

  @Test
  void afterASlowRunNothingIsSentAheadThatAnotherRequestMightOvertake() {
    ModelOverrides.Builder lanes =
        ModelOverrides.builder().batchSize(1).priorityAgeing(Duration.ofSeconds(1));
    assertThat(burstAfterRunsOf20Millis(PoolFixture.ready(1, lanes))).hasSize(1);
  }

  /** More requests at once than may go ahead to any worker. */
  private static void burstOfMany(PoolFixture fixture) {
    fixture.burst(IntStream.range(0, 140).mapToObj(Integer::toString).toArray(String[]::new));
  }

  private static ModelOverrides.Builder longQueue() {
    return ModelOverrides.builder().batchSize(1).jobQueueSize(200);
  }

  @ParameterizedTest
  @CsvSource({
    "10, 128",
    "100, 30",
    "300, 10",
    "600, 2",
    "4000, 2",
    "6000, 2",
    "200000, 2",
    "260000, 1"
  })
  void asManySingleRunsAreSentAheadAsTakeThreeMillisecondsTogether(int micros, int runs) {
    PoolFixture fixture = PoolFixture.ready(1, longQueue());
    for (int i = 0; i < 300; i++) {
      fixture.submit("run");
      fixture.advance(Duration.ofNanos(micros * 1000L));
      fixture.worker(0).answer();
    }
    burstOfMany(fixture);
    assertThat(fixture.worker(0).openRuns()).hasSize(runs);
  }

  @Test
  void fewerRunsAreSentAheadWhereAnotherWorkerMightBeFreeSooner() {
    PoolFixture fixture = PoolFixture.ready(2, longQueue());
    fixture.warmUp();
    fixture.warmUp();
    burstOfMany(fixture);
    assertThat(fixture.worker(0).openRuns()).hasSize(8);
    assertThat(fixture.worker(1).openRuns()).hasSize(8);
  }

  @Test
  void answersThatComeTogetherShareTheirTime() {
    PoolFixture fixture = PoolFixture.ready(1, longQueue());
    fixture.warmUp();
    for (int i = 0; i < 100; i++) {
      fixture.burst("a", "b", "c", "d", "e", "f", "g", "h");
      fixture.advance(Duration.ofNanos(800_000));
      for (int answers = 0; answers < 8; answers++) {
        fixture.worker(0).answer();
      }
    }
    burstOfMany(fixture);
    assertThat(fixture.worker(0).openRuns()).hasSizeBetween(24, 36);
  }

  @Test
  void aWorkerHasItsNextRunsBeforeAnAnswerIsTold() {
    PoolFixture fixture = PoolFixture.ready(1, 2);
    List<RecordingSink> sinks = fixture.burst("a", "b", "c", "d");
    FakeWorker worker = fixture.worker(0);
    List<List<List<String>>> handedOver = new ArrayList<>();
    List<Integer> unsent = new ArrayList<>();
    for (RecordingSink sink : sinks) {
      sink.whenEnded(
          () -> {
            handedOver.add(texts(worker));
            unsent.add(worker.unsent());
          });
    }
    worker.answer();
    List<List<String>> both = List.of(List.of("a", "b"), List.of("c", "d"));
    assertThat(handedOver).containsExactly(both, both);
    assertThat(unsent).containsExactly(0, 0);
    assertThat(sinks.get(1).answer()).isEqualTo("echo:b");
  }

  @Test
  void whatIsDispatchedLeavesInTheSameTurnOfTheLoop() {
    PoolFixture fixture = PoolFixture.ready(2, 1);
    fixture.burst("a", "b");
    assertThat(fixture.launcher.started()).allSatisfy(w -> assertThat(w.runs()).hasSize(1));
    assertThat(fixture.launcher.started()).allSatisfy(w -> assertThat(w.unsent()).isZero());
  }

  @Test
  void aRequestWhoseClientLeavesBeforeItsAnswerIsToldIsLeftWithoutATrace() {
    PoolFixture fixture = PoolFixture.ready(1, 2);
    List<RecordingSink> sinks = fixture.burst("a", "b", "c", "d");
    sinks.get(0).whenEnded(() -> sinks.get(1).leave());
    fixture.worker(0).answer();
    fixture.worker(0).answer();
    assertThat(sinks.get(0).answer()).isEqualTo("echo:a");
    assertThat(sinks.get(3).answer()).isEqualTo("echo:d");
    assertThat(fixture.bodies.unreleased()).isEmpty();
  }

  @Test
  void nothingIsSentAheadWhileAnotherWorkerIsFree() {
    PoolFixture fixture = PoolFixture.ready(2, 1);
    fixture.warmUp();
    fixture.warmUp();
    fixture.burst("a", "b");
    assertThat(fixture.worker(0).openRuns()).hasSize(1);
    assertThat(fixture.worker(1).openRuns()).hasSize(1);
  }

  @Test
  void aBatchIsSentAheadWhenItIsNoSmallerThanTheOneBefore() {
    PoolFixture fixture = PoolFixture.ready(1, 4);
    fixture.warmUp();
    fixture.burst("a", "b");
    fixture.submit("c");
    assertThat(fixture.worker(0).openRuns()).hasSize(1);
    fixture.submit("d");
    assertThat(fixture.worker(0).openRuns()).hasSize(2);
    assertThat(fixture.worker(0).openRuns().get(1).texts()).containsExactly("c", "d");
    fixture.burst("e", "f", "g", "h");
    assertThat(fixture.worker(0).openRuns()).hasSize(2);
  }

  @Test
  void onlyAFullBatchIsSentAheadOfRunsThatAreNotShort() {
    PoolFixture fixture = PoolFixture.ready(1, 2);
    for (int i = 0; i < 20; i++) {
      fixture.submit("of 3 ms");
      fixture.advance(Duration.ofMillis(3));
      fixture.worker(0).answer();
    }
    fixture.submit("a");
    fixture.submit("b");
    assertThat(fixture.worker(0).openRuns()).hasSize(1);
    fixture.submit("c");
    assertThat(fixture.worker(0).openRuns()).hasSize(2);
    assertThat(fixture.worker(0).openRuns().get(1).texts()).containsExactly("b", "c");
  }

  @Test
  void timeInTheQueueAndInTheWorkerAreTold() {
    PoolFixture fixture = PoolFixture.ready(1, 1);
    fixture.submit("a");
    fixture.submit("b");
    fixture.advance(Duration.ofMillis(30));
    fixture.worker(0).answer();
    fixture.advance(Duration.ofMillis(20));
    fixture.worker(0).answer();
    assertThat(fixture.meters.queueTimes()).containsExactly(Duration.ZERO, Duration.ofMillis(30));
    assertThat(fixture.meters.runTimes())
        .containsExactly(Duration.ofMillis(30), Duration.ofMillis(20));
    assertThat(fixture.meters.lastGauges().running()).isZero();
  }

  @Test
  void anAnswerThatTheWorkerForgotIsAFailureOfThatRequestAlone() {
    PoolFixture fixture = PoolFixture.ready(1, 2);
    List<RecordingSink> sinks = fixture.burst("a", "b");
    FakeWorker worker = fixture.worker(0);
    long second = worker.oldest().items().get(1).id();
    worker.end(
        List.of(new ai.mariner.core.worker.ItemReply(second, true, null, worker.reply("late b"))));
    assertThat(sinks.get(1).answer()).isEqualTo("late b");
    assertThat(sinks.get(0).failure().kind()).isEqualTo(ErrorKind.OUTPUT_INVALID);
  }
}
