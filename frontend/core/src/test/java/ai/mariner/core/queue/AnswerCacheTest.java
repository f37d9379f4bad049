package ai.mariner.core.queue;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.CacheLimits;
import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.message.Operation;
import ai.mariner.core.message.Reply;
import ai.mariner.core.metrics.CacheOutcome;
import ai.mariner.core.testing.FakeWorker;
import ai.mariner.core.testing.RecordingSink;
import ai.mariner.core.testing.Requests;
import ai.mariner.core.worker.ItemReply;
import ai.mariner.core.worker.WorkerError;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AnswerCacheTest {
  private static final Duration LIFE = Duration.ofSeconds(10);

  private static ModelOverrides.Builder cache(long bytes) {
    return ModelOverrides.builder().responseCache(new CacheLimits(bytes, LIFE));
  }

  private static PoolFixture cached() {
    return PoolFixture.ready(1, cache(1 << 20));
  }

  private static void answer(PoolFixture fixture) {
    fixture.worker(0).answer();
  }

  private static void answer(PoolFixture fixture, Reply reply) {
    FakeWorker worker = fixture.worker(0);
    long id = worker.oldest().items().get(0).id();
    worker.end(List.of(new ItemReply(id, true, null, reply)));
  }

  private static Reply reply(PoolFixture fixture, int status, Reply.Header... headers) {
    return new Reply(status, null, "text/plain", List.of(headers), fixture.bodies.body("made"));
  }

  private static String mark(RecordingSink sink) {
    Reply reply = sink.reply();
    assertThat(reply).isNotNull();
    List<String> marks =
        reply.headers().stream()
            .filter(header -> header.name().equals("X-Cache"))
            .map(Reply.Header::value)
            .toList();
    assertThat(marks).hasSizeLessThan(2);
    return marks.isEmpty() ? "none" : marks.get(0);
  }

  private static int runs(PoolFixture fixture) {
    return fixture.worker(0).runs().size();
  }

  @Test
  void anIdenticalRequestGetsTheKeptAnswerWithoutARun() {
    PoolFixture fixture = cached();
    RecordingSink first = fixture.submit("a");
    answer(fixture);
    RecordingSink second = fixture.submit("a");
    assertThat(second.answer()).isEqualTo(first.answer()).isEqualTo("echo:a");
    assertThat(mark(first)).isEqualTo("miss");
    assertThat(mark(second)).isEqualTo("hit");
    assertThat(runs(fixture)).isOne();
    assertThat(fixture.meters.answers()).isEqualTo(2);
    assertThat(fixture.meters.cacheOutcomes())
        .isEqualTo(Map.of(CacheOutcome.HIT, 1, CacheOutcome.MISS, 1));
    assertThat(fixture.meters.cacheBytes()).isBetween(6L, 1000L);
    assertThat(fixture.bodies.unreleased()).isEmpty();
  }

  @Test
  void anAnswerIsKeptForItsTimeToLiveAndNoLonger() {
    PoolFixture fixture = cached();
    fixture.submit("a");
    answer(fixture);
    fixture.advance(LIFE.minusNanos(1));
    assertThat(mark(fixture.submit("a"))).isEqualTo("hit");
    fixture.advance(Duration.ofNanos(1));
    RecordingSink late = fixture.submit("a");
    assertThat(late.ended()).isFalse();
    answer(fixture);
    assertThat(mark(late)).isEqualTo("miss");
  }

  @Test
  void whatDiffersInBodyNameTypeOrPathIsAskedAnew() {
    PoolFixture fixture = cached();
    List<UnaryOperator<Requests>> variants =
        List.of(
            request -> request,
            request -> request.part("data", null),
            request -> request.part("body", "text/plain"),
            request -> request.header("url_path", "/x"),
            request -> request.header("Accept", "image/png"));
    for (UnaryOperator<Requests> variant : variants) {
      fixture.submit("a", variant);
      answer(fixture);
    }
    fixture.submit("b");
    answer(fixture);
    assertThat(runs(fixture)).isEqualTo(variants.size() + 1);
    assertThat(mark(fixture.submit("a", request -> request.header("User-Agent", "curl"))))
        .isEqualTo("hit");
  }

  @Test
  void identicalRequestsThatComeWhileOneRunsWaitForItsAnswer() {
    PoolFixture fixture = cached();
    RecordingSink first = fixture.submit("a");
    RecordingSink second = fixture.submit("a");
    RecordingSink third = fixture.submit("a");
    assertThat(fixture.meters.lastGauges().waiting()).isEqualTo(2);
    assertThat(fixture.meters.lastGauges().running()).isOne();
    fixture.advance(Duration.ofMillis(30));
    answer(fixture);
    assertThat(List.of(mark(first), mark(second), mark(third)))
        .containsExactly("miss", "coalesced", "coalesced");
    assertThat(third.answer()).isEqualTo("echo:a");
    assertThat(runs(fixture)).isOne();
    assertThat(fixture.meters.reuseTimes())
        .containsExactly(Duration.ofMillis(30), Duration.ofMillis(30));
    assertThat(fixture.meters.lastGauges().waiting()).isZero();
    assertThat(fixture.meters.lastGauges().running()).isZero();
    assertThat(fixture.bodies.unreleased()).isEmpty();
  }

  @Test
  void followersAreToldTheFailureOfTheOneThatRan() {
    PoolFixture fixture = cached();
    List<RecordingSink> sinks = fixture.burst("a", "a", "a");
    fixture.worker(0).fail(WorkerError.HANDLER_EXCEPTION, "no luck");
    assertThat(sinks)
        .allSatisfy(sink -> assertThat(sink.failure().kind()).isEqualTo(ErrorKind.HANDLER_FAILED));
    RecordingSink next = fixture.submit("a");
    answer(fixture);
    assertThat(mark(next)).isEqualTo("miss");
    assertThat(fixture.meters.failureCount()).isEqualTo(3);
  }

  @Test
  void whenTheOneThatRunsLeavesAFollowerTakesOver() {
    PoolFixture fixture = cached();
    List<RecordingSink> sinks = fixture.burst("a", "a", "a");
    fixture.leave(sinks.get(0));
    assertThat(sinks.get(0).failure().kind()).isEqualTo(ErrorKind.CANCELLED);
    answer(fixture);
    assertThat(runs(fixture)).isEqualTo(2);
    answer(fixture);
    assertThat(mark(sinks.get(1))).isEqualTo("miss");
    assertThat(mark(sinks.get(2))).isEqualTo("coalesced");
    assertThat(mark(fixture.submit("a"))).isEqualTo("hit");
    assertThat(fixture.bodies.unreleased()).isEmpty();
  }

  @Test
  void whenTheOneThatWaitsInTheQueueExpiresAFollowerTakesItsPlace() {
    PoolFixture fixture = cached();
    fixture.submit("busy");
    RecordingSink first = fixture.submit("a", r -> r.timeout(Duration.ofSeconds(1)));
    RecordingSink second = fixture.submit("a");
    fixture.advance(Duration.ofSeconds(1));
    assertThat(first.failure().kind()).isEqualTo(ErrorKind.DEADLINE_EXCEEDED);
    assertThat(second.ended()).isFalse();
    answer(fixture);
    answer(fixture);
    assertThat(second.answer()).isEqualTo("echo:a");
    assertThat(runs(fixture)).isEqualTo(2);
  }

  @Test
  void aFollowerKeepsItsOwnDeadlineAndMayLeave() {
    PoolFixture fixture = cached();
    RecordingSink first = fixture.submit("a");
    RecordingSink hasty = fixture.submit("a", r -> r.timeout(Duration.ofSeconds(1)));
    RecordingSink leaver = fixture.submit("a");
    fixture.leave(leaver);
    fixture.advance(Duration.ofSeconds(1));
    assertThat(hasty.failure().kind()).isEqualTo(ErrorKind.DEADLINE_EXCEEDED);
    assertThat(leaver.failure().kind()).isEqualTo(ErrorKind.CANCELLED);
    assertThat(fixture.worker(0).cancels()).isEmpty();
    answer(fixture);
    assertThat(first.answer()).isEqualTo("echo:a");
    assertThat(fixture.meters.lastGauges().running()).isZero();
  }

  @Test
  void asManyMayFollowAsMayWaitInTheQueue() {
    PoolFixture fixture = PoolFixture.ready(1, cache(1 << 20).jobQueueSize(2));
    List<RecordingSink> sinks = fixture.burst("a", "a", "a", "a");
    assertThat(sinks.get(3).failure().kind()).isEqualTo(ErrorKind.QUEUE_FULL);
    answer(fixture);
    assertThat(mark(sinks.get(2))).isEqualTo("coalesced");
    assertThat(fixture.bodies.unreleased()).isEmpty();
  }

  @Test
  void followersOfAnAnswerInPiecesRunThemselves() {
    PoolFixture fixture = cached();
    RecordingSink first = fixture.submit("a");
    RecordingSink second = fixture.submit("a");
    FakeWorker worker = fixture.worker(0);
    worker.piece(worker.oldest().items().get(0).id(), "piece");
    assertThat(first.pieces()).containsExactly("piece");
    assertThat(second.pieces()).isEmpty();
    answer(fixture);
    answer(fixture);
    assertThat(second.answer()).isEqualTo("echo:a");
    RecordingSink third = fixture.submit("a");
    assertThat(third.ended()).as("an answer in pieces is not kept").isFalse();
  }

  @ParameterizedTest
  @ValueSource(ints = {404, 500, 304})
  void onlySuccessIsKeptThoughWhoWaitsForItGetsAnyAnswer(int status) {
    PoolFixture fixture = cached();
    List<RecordingSink> sinks = fixture.burst("a", "a");
    answer(fixture, reply(fixture, status));
    assertThat(sinks.get(1).reply().status()).isEqualTo(status);
    assertThat(fixture.submit("a").ended()).isFalse();
    assertThat(fixture.meters.cacheBytes()).isZero();
  }

  @Test
  void aKeptAnswerKeepsItsStatusTypeAndHeaders() {
    PoolFixture fixture = cached();
    fixture.submit("a");
    answer(fixture, reply(fixture, 201, new Reply.Header("X-Model", "m")));
    Reply again = fixture.submit("a").reply();
    assertThat(again.status()).isEqualTo(201);
    assertThat(again.contentType()).isEqualTo("text/plain");
    assertThat(again.headers())
        .containsExactly(new Reply.Header("X-Model", "m"), new Reply.Header("X-Cache", "hit"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"Cache-Control: no-store", "cache-control: private, max-age=3", "Set-Cookie: a=b"})
  void anAnswerThatIsForItsClientOnlyIsNeitherKeptNorShared(String header) {
    PoolFixture fixture = cached();
    List<RecordingSink> sinks = fixture.burst("a", "a");
    String[] field = header.split(": ", 2);
    answer(fixture, reply(fixture, 200, new Reply.Header(field[0], field[1])));
    assertThat(sinks.get(0).answer()).isEqualTo("made");
    assertThat(sinks.get(1).ended()).isFalse();
    answer(fixture);
    assertThat(sinks.get(1).answer()).isEqualTo("echo:a");
    assertThat(mark(sinks.get(1))).isEqualTo("miss");
  }

  @ParameterizedTest
  @ValueSource(strings = {"no-cache", "No-Store", "max-age=0, no-store"})
  void aClientMayRefuseTheCache(String directive) {
    PoolFixture fixture = cached();
    fixture.submit("a");
    answer(fixture);
    RecordingSink sink = fixture.submit("a", r -> r.header("Cache-Control", directive));
    answer(fixture);
    assertThat(mark(sink)).isEqualTo("none");
    assertThat(runs(fixture)).isEqualTo(2);
    assertThat(fixture.meters.cacheOutcomes()).containsEntry(CacheOutcome.BYPASS, 1);
  }

  @Test
  void otherOperationsAreNeverKept() {
    PoolFixture fixture = cached();
    for (int i = 0; i < 2; i++) {
      fixture.submit("a", r -> r.operation(Operation.EXPLAIN));
      answer(fixture);
      fixture.submit("a", r -> r.operation(Operation.DESCRIBE));
      answer(fixture);
    }
    assertThat(runs(fixture)).isEqualTo(4);
    assertThat(fixture.meters.cacheOutcomes()).isEmpty();
  }

  @Test
  void largeRequestsAndAnswersGoPastTheCache() {
    PoolFixture fixture = PoolFixture.ready(1, cache(8 * 300));
    String large = "x".repeat(301);
    for (int i = 0; i < 2; i++) {
      fixture.submit(large);
      answer(fixture);
    }
    String fitsOnlyAsRequest = "y".repeat(200);
    for (int i = 0; i < 2; i++) {
      fixture.submit(fitsOnlyAsRequest);
      answer(fixture);
    }
    assertThat(runs(fixture)).isEqualTo(4);
    assertThat(fixture.meters.cacheBytes()).isZero();
    assertThat(fixture.bodies.unreleased()).isEmpty();
  }

  @Test
  void theLeastRecentlyGivenAnswerGoesFirst() {
    PoolFixture fixture = PoolFixture.ready(1, cache(10 * 300));
    for (int i = 0; i < 10; i++) {
      fixture.submit("k" + i);
      answer(fixture);
    }
    assertThat(mark(fixture.submit("k0"))).isEqualTo("hit");
    for (int i = 10; i < 14; i++) {
      fixture.submit("k" + i);
      answer(fixture);
    }
    assertThat(fixture.meters.cacheBytes()).isBetween(2000L, 3000L);
    assertThat(mark(fixture.submit("k0"))).isEqualTo("hit");
    assertThat(fixture.submit("k1").ended()).isFalse();
  }

  @Test
  void anUrgentRequestDoesNotWaitForOneThatItWouldOvertake() {
    PoolFixture fixture =
        PoolFixture.ready(1, cache(1 << 20).priorityAgeing(Duration.ofSeconds(60)));
    fixture.submit("busy");
    RecordingSink low = fixture.submit("a", r -> r.header("X-Priority", "low"));
    fixture.submit("b");
    RecordingSink high = fixture.submit("a", r -> r.header("X-Priority", "high"));
    RecordingSink normal = fixture.submit("a");
    answer(fixture);
    answer(fixture);
    assertThat(mark(high)).isEqualTo("miss");
    assertThat(mark(normal)).isEqualTo("coalesced");
    assertThat(low.ended()).isFalse();
    answer(fixture);
    answer(fixture);
    assertThat(low.answer()).isEqualTo("echo:a");
  }

  @Test
  void followersOfALostWorkerAreToldTheCauseAndTheRequestRunsOnlyOnce() {
    PoolFixture fixture = cached();
    List<RecordingSink> sinks = fixture.burst("a", "a");
    fixture.worker(0).exit(3);
    fixture.loop.runReady();
    assertThat(sinks)
        .allSatisfy(sink -> assertThat(sink.failure().kind()).isEqualTo(ErrorKind.WORKER_LOST));
    assertThat(fixture.bodies.unreleased()).isEmpty();
  }

  @Test
  void aClosingPoolAnswersItsFollowersToo() {
    PoolFixture fixture = cached();
    List<RecordingSink> sinks = fixture.burst("a", "a", "a");
    fixture.close(Duration.ofSeconds(5));
    fixture.leave(sinks.get(0));
    answer(fixture);
    answer(fixture);
    assertThat(sinks.get(2).answer()).isEqualTo("echo:a");
  }

  @Test
  void aModelWithoutACacheRunsEveryRequestAndMarksNothing() {
    PoolFixture fixture = PoolFixture.ready(1, ModelOverrides.builder());
    RecordingSink sink = fixture.submit("a");
    answer(fixture);
    fixture.submit("a");
    assertThat(mark(sink)).isEqualTo("none");
    assertThat(runs(fixture)).isEqualTo(2);
  }
}
