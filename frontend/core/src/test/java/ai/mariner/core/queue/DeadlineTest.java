package ai.mariner.core.queue;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.testing.FakeWorker;
import ai.mariner.core.testing.RecordingSink;
import ai.mariner.core.testing.Requests;
import ai.mariner.core.worker.WorkerLink.CancelReason;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class DeadlineTest {
  private static final UnaryOperator<Requests> ONE_SECOND =
      request -> request.timeout(Duration.ofSeconds(1));

  @Test
  void aDeadlineThatPassesInTheQueueEndsTheRequestAtThatVeryTime() {
    PoolFixture fixture = PoolFixture.ready(1, 1);
    fixture.submit("running");
    RecordingSink sink = fixture.submit("a", ONE_SECOND);
    fixture.advance(Duration.ofMillis(999));
    assertThat(sink.ended()).isFalse();
    fixture.advance(Duration.ofMillis(1));
    assertThat(sink.failure().kind()).isEqualTo(ErrorKind.DEADLINE_EXCEEDED);
    assertThat(sink.failure().message()).contains("in the queue");
    fixture.worker(0).answer();
    assertThat(fixture.worker(0).runs()).hasSize(1);
  }

  @Test
  void aDeadlineThatPassesInARunCancelsItAndLeavesTheWorkerAlone() {
    PoolFixture fixture = PoolFixture.ready(1, 1);
    RecordingSink sink = fixture.submit("a", ONE_SECOND);
    fixture.advance(Duration.ofSeconds(1));
    assertThat(sink.failure().kind()).isEqualTo(ErrorKind.DEADLINE_EXCEEDED);
    FakeWorker worker = fixture.worker(0);
    assertThat(worker.cancels())
        .containsExactly(
            new FakeWorker.Cancelled(
                worker.oldest().id(), worker.oldest().items().get(0).id(), CancelReason.DEADLINE));
    RecordingSink next = fixture.submit("b");
    worker.answer();
    worker.answer();
    assertThat(next.answer()).isEqualTo("echo:b");
    assertThat(worker.wasKilled()).isFalse();
    assertThat(fixture.bodies.unreleased()).isEmpty();
  }

  @Test
  void aDeadlineThatPassesAheadOfTheRunHasPassedInTheQueue() {
    PoolFixture fixture = PoolFixture.ready(1, 1);
    fixture.warmUp();
    RecordingSink running = fixture.submit("a", ONE_SECOND);
    RecordingSink ahead = fixture.submit("b", ONE_SECOND);
    FakeWorker worker = fixture.worker(0);
    assertThat(worker.openRuns()).hasSize(2);
    fixture.advance(Duration.ofSeconds(1));
    assertThat(running.failure().message()).contains("while it was run");
    assertThat(ahead.failure().message()).contains("in the queue");
    assertThat(worker.cancels()).hasSize(2);
  }

  @Test
  void matesOfAnExpiredRequestGetTheirAnswers() {
    PoolFixture fixture = PoolFixture.ready(1, 4);
    RecordingSink mate = fixture.enqueue("mate", request -> request);
    RecordingSink expired = fixture.enqueue("late", ONE_SECOND);
    fixture.advance(Duration.ofSeconds(2));
    fixture.worker(0).answer();
    assertThat(mate.answer()).isEqualTo("echo:mate");
    assertThat(expired.failure().kind()).isEqualTo(ErrorKind.DEADLINE_EXCEEDED);
  }

  @Test
  void theModelsDeadlineHoldsForRequestsThatBringNone() {
    PoolFixture fixture =
        PoolFixture.ready(1, ModelOverrides.builder().requestTimeout(Duration.ofSeconds(3)));
    RecordingSink sink = fixture.submit("a");
    RecordingSink own = fixture.submit("b", request -> request.timeout(Duration.ofSeconds(5)));
    fixture.advance(Duration.ofSeconds(3));
    assertThat(sink.failure().kind()).isEqualTo(ErrorKind.DEADLINE_EXCEEDED);
    assertThat(own.ended()).isFalse();
    fixture.advance(Duration.ofSeconds(2));
    assertThat(own.failure().kind()).isEqualTo(ErrorKind.DEADLINE_EXCEEDED);
  }

  @Test
  void aNearerDeadlineThatArrivesLaterIsKept() {
    PoolFixture fixture = PoolFixture.ready(1, 1);
    RecordingSink far = fixture.submit("far", request -> request.timeout(Duration.ofMinutes(1)));
    RecordingSink near = fixture.submit("near", ONE_SECOND);
    fixture.advance(Duration.ofSeconds(1));
    assertThat(near.ended()).isTrue();
    assertThat(far.ended()).isFalse();
  }

  @Test
  void aDeadlineThatHasPassedAlreadyNeverReachesAWorker() {
    PoolFixture fixture = PoolFixture.ready(1, 4);
    List<RecordingSink> sinks =
        List.of(
            fixture.enqueue("late", request -> request.timeout(Duration.ZERO)),
            fixture.enqueue("good", request -> request));
    fixture.loop.runReady();
    assertThat(sinks.get(0).failure().kind()).isEqualTo(ErrorKind.DEADLINE_EXCEEDED);
    assertThat(fixture.worker(0).oldest().texts()).containsExactly("good");
  }

  @Test
  void aDeadlineBeyondAllTimeIsNone() {
    PoolFixture fixture = PoolFixture.ready(1, 1);
    RecordingSink sink =
        fixture.submit("a", request -> request.timeout(Duration.ofNanos(Long.MAX_VALUE)));
    fixture.advance(Duration.ofSeconds(1));
    fixture.worker(0).answer();
    assertThat(sink.answer()).isEqualTo("echo:a");
  }

  @Test
  void aClientThatLeavesTheQueueIsNeverRun() {
    PoolFixture fixture = PoolFixture.ready(1, 1);
    fixture.submit("running");
    RecordingSink sink = fixture.submit("a");
    fixture.leave(sink);
    fixture.worker(0).answer();
    assertThat(sink.failure().kind()).isEqualTo(ErrorKind.CANCELLED);
    assertThat(fixture.worker(0).runs()).hasSize(1);
    assertThat(fixture.bodies.unreleased()).isEmpty();
  }

  @Test
  void aClientThatLeavesARunIsToldToTheWorkerOnce() {
    PoolFixture fixture = PoolFixture.ready(1, 2);
    List<RecordingSink> sinks = fixture.burst("a", "b");
    fixture.leave(sinks.get(0));
    fixture.leave(sinks.get(0));
    FakeWorker worker = fixture.worker(0);
    assertThat(worker.cancels()).hasSize(1);
    assertThat(worker.cancels().get(0).reason()).isEqualTo(CancelReason.CLIENT_LEFT);
    worker.answer();
    assertThat(sinks.get(0).failure().kind()).isEqualTo(ErrorKind.CANCELLED);
    assertThat(sinks.get(1).answer()).isEqualTo("echo:b");
    fixture.leave(sinks.get(1));
    assertThat(worker.cancels()).hasSize(1);
    assertThat(fixture.bodies.unreleased()).isEmpty();
  }

  @Test
  void anEndThatMakesAMateLeaveInTheSameBreathHarmsNobody() {
    PoolFixture fixture = PoolFixture.ready(1, 4);
    RecordingSink first = fixture.enqueue("late", request -> request.timeout(Duration.ZERO));
    RecordingSink second = fixture.enqueue("leaves", request -> request);
    RecordingSink third = fixture.enqueue("stays", request -> request);
    first.whenEnded(second::leave);
    fixture.loop.runReady();
    assertThat(second.failure().kind()).isEqualTo(ErrorKind.CANCELLED);
    assertThat(fixture.worker(0).oldest().texts()).containsExactly("stays");
    fixture.worker(0).answer();
    assertThat(third.answer()).isEqualTo("echo:stays");
    assertThat(fixture.meters.lastGauges().running()).isZero();
  }
}
