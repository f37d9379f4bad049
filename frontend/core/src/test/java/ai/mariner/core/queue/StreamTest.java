package ai.mariner.core.queue;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.testing.FakeWorker;
import ai.mariner.core.testing.RecordingSink;
import ai.mariner.core.testing.Requests;
import ai.mariner.core.worker.WorkerError;
import ai.mariner.core.worker.WorkerLink.CancelReason;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class StreamTest {
  private static final Duration RESPONSE_TIMEOUT = Duration.ofSeconds(20);
  private static final Duration STALL_TIMEOUT = PoolFixture.LIMITS.stallTimeout();

  private final PoolFixture fixture =
      PoolFixture.ready(1, ModelOverrides.builder().batchSize(4).responseTimeout(RESPONSE_TIMEOUT));
  private final FakeWorker worker = fixture.worker(0);

  private void pieces(int count) {
    long item = worker.oldest().items().get(0).id();
    for (int i = 0; i < count; i++) {
      worker.piece(item, "p");
    }
  }

  private void readAll(RecordingSink sink) {
    sink.readAll();
    fixture.loop.runReady();
  }

  @Test
  void piecesArriveInOrderAndTheAnswerEndsThem() {
    RecordingSink sink = fixture.submit("s", Requests::streaming);
    long item = worker.oldest().items().get(0).id();
    worker.piece(item, "one");
    worker.piece(item, "two");
    assertThat(sink.pieces()).containsExactly("one", "two");
    worker.answer();
    assertThat(sink.answer()).isEqualTo("echo:s");
    assertThat(fixture.bodies.unreleased()).isEmpty();
  }

  @Test
  void aLastPieceEndsItsRequestBeforeTheBatchEnds() {
    List<RecordingSink> sinks = fixture.burst("a", "b");
    long first = worker.oldest().items().get(0).id();
    worker.lastPiece(first, "done");
    assertThat(sinks.get(0).answer()).isEqualTo("done");
    assertThat(sinks.get(1).ended()).isFalse();
    worker.answer();
    assertThat(sinks.get(1).answer()).isEqualTo("echo:b");
    assertThat(fixture.bodies.unreleased()).isEmpty();
  }

  @Test
  void aFastReaderGetsItsCreditsInHalvesOfTheWindow() {
    fixture.submit("s", Requests::streaming);
    // None is told: both ends know the window of a stream.
    assertThat(worker.oldest().items().get(0).credits()).isZero();
    pieces(7);
    assertThat(worker.credits()).isEmpty();
    pieces(1);
    assertThat(worker.credits()).containsExactly(8);
    pieces(16);
    assertThat(worker.credits()).containsExactly(8, 8, 8);
  }

  @Test
  void aPlainRequestAndABatchHaveNoFlowControl() {
    fixture.submit("plain");
    assertThat(worker.oldest().items().get(0).credits()).isZero();
    worker.answer();
    fixture.enqueue("s1", Requests::streaming);
    fixture.enqueue("s2", Requests::streaming);
    fixture.loop.runReady();
    assertThat(worker.oldest().items())
        .hasSize(2)
        .allSatisfy(item -> assertThat(item.credits()).isZero());
  }

  @Test
  void aSlowReaderGetsCreditsWhenItHasRead() {
    RecordingSink sink = fixture.submit("s", Requests::streaming);
    sink.stopReading(10);
    pieces(16);
    assertThat(worker.credits()).isEmpty();
    readAll(sink);
    assertThat(worker.credits()).containsExactly(16);
  }

  @Test
  void responseTimeoutStartsAnewAtEachPiece() {
    RecordingSink sink = fixture.submit("s", Requests::streaming);
    for (int i = 0; i < 5; i++) {
      fixture.advance(RESPONSE_TIMEOUT.minusSeconds(1));
      pieces(1);
    }
    assertThat(sink.ended()).isFalse();
    fixture.advance(RESPONSE_TIMEOUT);
    assertThat(sink.failure().kind()).isEqualTo(ErrorKind.RESPONSE_TIMEOUT);
  }

  @Test
  void responseTimeoutRestsWhileTheHandlerWaitsForTheReader() {
    RecordingSink sink = fixture.submit("s", Requests::streaming);
    sink.stopReading(10);
    pieces(16);
    fixture.advance(STALL_TIMEOUT.minusSeconds(1));
    assertThat(sink.ended()).isFalse();
    readAll(sink);
    fixture.advance(RESPONSE_TIMEOUT.minusSeconds(1));
    assertThat(sink.ended()).isFalse();
    fixture.advance(Duration.ofSeconds(1));
    assertThat(sink.failure().kind()).isEqualTo(ErrorKind.RESPONSE_TIMEOUT);
  }

  @Test
  void aStreamThatIsNotReadIsEndedAndItsWorkerGoesOn() {
    RecordingSink sink = fixture.submit("s", Requests::streaming);
    sink.stopReading(10);
    pieces(16);
    fixture.advance(STALL_TIMEOUT);
    assertThat(sink.failure().kind()).isEqualTo(ErrorKind.STREAM_STALLED);
    assertThat(sink.failure().message()).contains("stream_stall_timeout, 30 s");
    assertThat(worker.cancels().get(0).reason()).isEqualTo(CancelReason.CLIENT_LEFT);
    worker.fail(WorkerError.CANCELLED, "cancelled");
    RecordingSink next = fixture.submit("n");
    worker.answer();
    assertThat(next.answer()).isEqualTo("echo:n");
    assertThat(worker.wasKilled()).isFalse();
    assertThat(fixture.bodies.unreleased()).isEmpty();
  }

  @Test
  void aReaderThatCameBackIsNotTakenForStalledLater() {
    RecordingSink sink = fixture.submit("s", Requests::streaming);
    sink.stopReading(10);
    pieces(3);
    fixture.advance(Duration.ofSeconds(5));
    readAll(sink);
    for (int i = 0; i < 8; i++) {
      fixture.advance(Duration.ofSeconds(10));
      pieces(1);
    }
    assertThat(sink.ended()).isFalse();
    assertThat(sink.pieces()).hasSize(11);
  }

  @Test
  void anEndedStreamLeavesNoTimer() {
    RecordingSink sink = fixture.submit("s", Requests::streaming);
    int before = fixture.loop.waitingTimers();
    sink.stopReading(10);
    pieces(3);
    assertThat(fixture.loop.waitingTimers()).isEqualTo(before + 1);
    worker.answer();
    assertThat(fixture.loop.waitingTimers()).isEqualTo(before);
  }

  @Test
  void aHandlerThatIgnoresTheEndOfItsReaderIsReplacedInTheEnd() {
    RecordingSink sink = fixture.submit("s", Requests::streaming);
    sink.stopReading(10);
    pieces(16);
    worker.hang();
    fixture.advance(Duration.ofSeconds(25));
    fixture.leave(sink);
    fixture.advance(RESPONSE_TIMEOUT.minusSeconds(1));
    assertThat(worker.wasKilled()).isFalse();
    fixture.advance(Duration.ofSeconds(2));
    assertThat(worker.wasKilled()).isTrue();
  }

  @Test
  void aSlowReaderInABatchIsBufferedForUpToTheLimitAndThenFailsAlone() {
    RecordingSink slow = fixture.enqueue("slow", Requests::streaming);
    RecordingSink mate = fixture.enqueue("mate", Requests::streaming);
    fixture.loop.runReady();
    slow.stopReading(PoolFixture.LIMITS.maxBufferBytes());
    pieces(20);
    assertThat(slow.ended()).isFalse();
    slow.stopReading(PoolFixture.LIMITS.maxBufferBytes() + 1);
    pieces(1);
    assertThat(slow.failure().kind()).isEqualTo(ErrorKind.STREAM_STALLED);
    assertThat(slow.failure().message()).contains("max_stream_buffer, 1000 bytes");
    assertThat(worker.cancels()).hasSize(1);
    pieces(1);
    worker.answer();
    assertThat(mate.answer()).isEqualTo("echo:mate");
    assertThat(fixture.bodies.unreleased()).isEmpty();
  }

  @Test
  void anErrorAfterPiecesEndsTheStreamWithTheFailure() {
    RecordingSink sink = fixture.submit("s", Requests::streaming);
    pieces(2);
    worker.fail(WorkerError.HANDLER_EXCEPTION, "boom");
    assertThat(sink.pieces()).hasSize(2);
    assertThat(sink.failure().kind()).isEqualTo(ErrorKind.HANDLER_FAILED);
    assertThat(sink.failure().message()).isEqualTo("Prediction failed");
    assertThat(sink.failure().detail()).isEqualTo("boom");
  }

  @Test
  void aDeadlineEndsAStream() {
    RecordingSink sink =
        fixture.submit("s", request -> request.streaming().timeout(Duration.ofSeconds(2)));
    pieces(1);
    fixture.advance(Duration.ofSeconds(2));
    assertThat(sink.failure().kind()).isEqualTo(ErrorKind.DEADLINE_EXCEEDED);
    assertThat(worker.cancels().get(0).reason()).isEqualTo(CancelReason.DEADLINE);
  }
}
