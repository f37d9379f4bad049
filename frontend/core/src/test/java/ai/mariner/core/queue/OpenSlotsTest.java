package ai.mariner.core.queue;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.ProgramOptions;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.testing.FakeWorker;
import ai.mariner.core.testing.RecordingSink;
import ai.mariner.core.testing.Requests;
import ai.mariner.core.worker.WorkerLink.CancelReason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Workers that run several requests at once, answered in any order. */
class OpenSlotsTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final Duration RESTART = Duration.ofSeconds(31);

  private static ModelOverrides.Builder async(int concurrency) {
    return ModelOverrides.builder()
        .set(ProgramOptions.ASYNC_COMMUNICATION, true)
        .set(ProgramOptions.ASYNC_CONCURRENCY, concurrency)
        .responseTimeout(TIMEOUT);
  }

  private static List<String> open(FakeWorker worker) {
    return worker.openRuns().stream().flatMap(run -> run.texts().stream()).toList();
  }

  @Test
  void requestsRunAtOnceUpToTheBoundAndEndInAnyOrder() {
    PoolFixture fixture = PoolFixture.ready(1, async(3));
    FakeWorker worker = fixture.worker(0);
    List<RecordingSink> sinks = fixture.burst("a", "b", "c", "d");
    assertThat(open(worker)).containsExactly("a", "b", "c");
    worker.answer(worker.openRuns().get(1));
    assertThat(sinks.get(1).answer()).isEqualTo("echo:b");
    assertThat(sinks.get(0).ended()).isFalse();
    assertThat(open(worker)).containsExactly("a", "c", "d");
    worker.answer();
    worker.answer();
    worker.answer();
    assertThat(sinks).allSatisfy(sink -> assertThat(sink.answer()).startsWith("echo:"));
    assertThat(fixture.bodies.unreleased()).isEmpty();
  }

  @Test
  void requestsSpreadOverTheWorkersThatHaveLeastToDo() {
    PoolFixture fixture = PoolFixture.ready(2, async(4));
    fixture.burst("a", "b", "c", "d");
    assertThat(fixture.worker(0).openRuns()).hasSize(2);
    assertThat(fixture.worker(1).openRuns()).hasSize(2);
  }

  @Test
  void aRequestThatTakesTooLongCostsOnlyItself() {
    PoolFixture fixture = PoolFixture.ready(1, async(4));
    FakeWorker worker = fixture.worker(0);
    RecordingSink slow = fixture.submit("slow");
    fixture.advance(Duration.ofSeconds(3));
    RecordingSink quick = fixture.submit("quick");
    fixture.advance(Duration.ofSeconds(3));
    assertThat(slow.failure().kind()).isEqualTo(ErrorKind.RESPONSE_TIMEOUT);
    assertThat(worker.cancels())
        .singleElement()
        .satisfies(cancel -> assertThat(cancel.reason()).isEqualTo(CancelReason.OVERDUE));
    worker.answer(worker.openRuns().get(1));
    assertThat(quick.answer()).isEqualTo("echo:quick");
    assertThat(worker.wasKilled()).isFalse();
    // Its end gives the slot back, and tells nobody anything.
    worker.answer();
    assertThat(fixture.submit("next").ended()).isFalse();
    assertThat(fixture.meters.losses()).isZero();
    worker.answer();
    assertThat(fixture.bodies.unreleased()).isEmpty();
  }

  @Test
  void aWorkerWhoseEveryRequestIsCancelledAtOnceIsKeptWhenTheyEnd() {
    PoolFixture fixture = PoolFixture.ready(1, async(2));
    FakeWorker worker = fixture.worker(0);
    List<RecordingSink> sinks = fixture.burst("a", "b");
    fixture.advance(TIMEOUT);
    assertThat(sinks)
        .allSatisfy(
            sink -> assertThat(sink.failure().kind()).isEqualTo(ErrorKind.RESPONSE_TIMEOUT));
    assertThat(worker.cancels()).hasSize(2);
    fixture.advance(Duration.ofMillis(900));
    worker.answer();
    worker.answer();
    fixture.advance(Duration.ofSeconds(1));
    assertThat(worker.wasKilled()).isFalse();
    RecordingSink next = fixture.submit("next");
    worker.answer();
    assertThat(next.answer()).isEqualTo("echo:next");
    assertThat(fixture.meters.losses()).isZero();
  }

  @Test
  void aWorkerWhoseEverySlotIsStuckIsReplaced() {
    PoolFixture fixture = PoolFixture.ready(1, async(2));
    List<RecordingSink> sinks = fixture.burst("a", "b");
    fixture.advance(TIMEOUT.plusSeconds(2));
    assertThat(sinks)
        .allSatisfy(
            sink -> assertThat(sink.failure().kind()).isEqualTo(ErrorKind.RESPONSE_TIMEOUT));
    assertThat(fixture.worker(0).wasKilled()).isTrue();
    fixture.advance(RESTART);
    RecordingSink next = fixture.submit("next");
    fixture.worker(1).answer();
    assertThat(next.answer()).isEqualTo("echo:next");
  }

  @Test
  void aBusyLoopThatShowsNoLifeIsFoundThoughItsRequestsAreYoung() {
    PoolFixture fixture = PoolFixture.ready(1, async(64));
    FakeWorker worker = fixture.worker(0);
    worker.hang();
    List<RecordingSink> sinks = new ArrayList<>();
    for (int i = 0; i < 30 && !worker.wasKilled(); i++) {
      sinks.add(fixture.submit("young"));
      fixture.advance(Duration.ofSeconds(1));
    }
    assertThat(worker.wasKilled()).isTrue();
    assertThat(sinks.get(0).failure().kind()).isEqualTo(ErrorKind.RESPONSE_TIMEOUT);
  }

  @Test
  void aLostWorkerCostsOnlyTheCulprit() {
    PoolFixture fixture = PoolFixture.ready(1, async(8).responseTimeout(Duration.ofHours(1)));
    List<RecordingSink> sinks = new ArrayList<>(fixture.burst("a", "b", "poison", "c", "d"));
    int process = 0;
    for (int turn = 0; turn < 40 && sinks.stream().anyMatch(sink -> !sink.ended()); turn++) {
      FakeWorker worker = fixture.worker(process);
      List<String> running = open(worker);
      if (running.contains("poison")) {
        worker.exit(1);
        fixture.advance(RESTART);
        process++;
      } else if (running.isEmpty()) {
        fixture.advance(RESTART);
      } else {
        worker.answer();
      }
    }
    assertThat(sinks.get(2).failure().kind()).isEqualTo(ErrorKind.WORKER_LOST);
    sinks.remove(2);
    assertThat(sinks).allSatisfy(sink -> assertThat(sink.answer()).startsWith("echo:"));
    assertThat(fixture.bodies.unreleased()).isEmpty();
  }

  @Test
  void nothingRunsBesideAGroupThatRunsAgain() {
    PoolFixture fixture = PoolFixture.ready(1, async(8).responseTimeout(Duration.ofHours(1)));
    fixture.burst("a", "b", "c", "d");
    fixture.worker(0).exit(1);
    fixture.enqueue("later", request -> request);
    fixture.advance(RESTART);
    FakeWorker worker = fixture.worker(1);
    assertThat(open(worker)).containsExactly("a", "b");
    worker.answer();
    assertThat(open(worker)).containsExactly("b");
    worker.answer();
    assertThat(open(worker)).containsExactly("c", "d");
    worker.answer();
    worker.answer();
    assertThat(open(worker)).containsExactly("later");
  }

  @Test
  void streamsHaveCreditsOfTheirOwn() {
    PoolFixture fixture = PoolFixture.ready(1, async(2));
    FakeWorker worker = fixture.worker(0);
    RecordingSink one = fixture.submit("one", Requests::streaming);
    RecordingSink two = fixture.submit("two", Requests::streaming);
    FakeWorker.SentRun first = worker.openRuns().get(0);
    for (int i = 0; i < 8; i++) {
      worker.piece(first.items().get(0).id(), "p");
    }
    assertThat(worker.credits()).containsExactly(8);
    assertThat(one.pieces()).hasSize(8);
    assertThat(two.pieces()).isEmpty();
    worker.answer();
    worker.answer();
    assertThat(two.ended()).isTrue();
    assertThat(fixture.bodies.unreleased()).isEmpty();
  }

  @Test
  void aClosingPoolFinishesAllThatIsUnderWay() {
    PoolFixture fixture = PoolFixture.ready(1, async(4));
    FakeWorker worker = fixture.worker(0);
    List<RecordingSink> sinks = fixture.burst("a", "b");
    var closed = fixture.pool.close(Duration.ofSeconds(30).toNanos());
    fixture.loop.runReady();
    assertThat(closed.toCompletableFuture()).isNotDone();
    worker.answer(worker.openRuns().get(1));
    worker.answer();
    assertThat(sinks).allSatisfy(sink -> assertThat(sink.answer()).startsWith("echo:"));
    fixture.loop.runReady();
    assertThat(closed.toCompletableFuture()).isDone();
  }
}
