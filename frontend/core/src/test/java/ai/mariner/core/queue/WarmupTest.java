package ai.mariner.core.queue;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.Body;
import ai.mariner.core.message.Operation;
import ai.mariner.core.message.Reply;
import ai.mariner.core.process.WarmupSample;
import ai.mariner.core.testing.Configs;
import ai.mariner.core.testing.FakeWorker;
import ai.mariner.core.testing.RecordingSink;
import ai.mariner.core.worker.ItemReply;
import ai.mariner.core.worker.WorkerError;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What a worker does between its load and its first request. */
class WarmupTest {
  private final PoolFixture pool = fixture(1);

  private static PoolFixture fixture(int batchSize) {
    return new PoolFixture(
        ModelOverrides.builder().batchSize(batchSize).startupTimeout(Duration.ofSeconds(60)),
        Configs.worker(Path.of("models")),
        List.of(sample("one.json"), sample("two.json")));
  }

  private static WarmupSample sample(String name) {
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    return new WarmupSample(name, "application/json", Body.of(bytes));
  }

  private static Failure failure(CompletableFuture<Void> loading) {
    assertThat(loading).isCompletedExceptionally();
    return ServeException.failureOf(loading.<Throwable>handle((done, thrown) -> thrown).join());
  }

  private String lastFailure() {
    String text = pool.status().workers().get(0).lastFailure();
    assertThat(text).isNotNull();
    return String.valueOf(text);
  }

  @Test
  void aWorkerIsReadyWhenItHasAnsweredEverySampleAlone() {
    CompletableFuture<Void> loading = pool.resize(1);
    assertThat(pool.worker(0).oldest().texts()).containsExactly("one.json");
    assertThat(pool.worker(0).oldest().operation()).isEqualTo(Operation.PREDICT);
    pool.worker(0).answer();
    assertThat(loading).isNotDone();
    assertThat(pool.pool.readiness().ready()).isZero();
    assertThat(pool.worker(0).oldest().texts()).containsExactly("two.json");
    pool.worker(0).answer();
    assertThat(loading).isCompleted();
    assertThat(pool.worker(0).runs()).hasSize(2);
    assertThat(pool.bodies.unreleased()).isEmpty();
  }

  @Test
  void theFirstSampleIsRunOnceMoreAsAFullBatch() {
    PoolFixture batched = fixture(3);
    CompletableFuture<Void> loading = batched.resize(1);
    batched.worker(0).answer();
    batched.worker(0).answer();
    assertThat(loading).isNotDone();
    assertThat(batched.worker(0).oldest().texts())
        .containsExactly("one.json", "one.json", "one.json");
    batched.worker(0).answer();
    assertThat(loading).isCompleted();
  }

  @Test
  void requestsThatArriveMeanwhileWaitAndNoMeterCountsTheSamples() {
    pool.resize(1);
    RecordingSink sink = pool.submit("client");
    pool.worker(0).answer();
    pool.worker(0).answer();
    assertThat(pool.worker(0).oldest().texts()).containsExactly("client");
    pool.worker(0).answer();
    assertThat(sink.answer()).isEqualTo("echo:client");
    assertThat(pool.meters.answers()).isEqualTo(1);
    assertThat(pool.meters.batchSizes()).containsExactly(1);
  }

  @Test
  void everyNewProcessWarmsUp() {
    pool.resize(1);
    pool.worker(0).answer();
    pool.worker(0).answer();
    pool.worker(0).exit(1);
    pool.advance(Duration.ofSeconds(1));
    assertThat(pool.pool.readiness().ready()).isZero();
    pool.worker(1).answer();
    pool.worker(1).answer();
    assertThat(pool.pool.readiness().ready()).isEqualTo(1);
    pool.resize(2);
    assertThat(pool.worker(2).oldest().texts()).containsExactly("one.json");
  }

  @Test
  void aSampleThatFailsIsAFailedLoadThatIsTriedAgain() {
    CompletableFuture<Void> loading = pool.resize(1);
    pool.worker(0).answer();
    pool.worker(0).fail(WorkerError.HANDLER_EXCEPTION, "ValueError: no such key");
    Failure failure = failure(loading);
    assertThat(failure.kind()).isEqualTo(ErrorKind.LOAD_FAILED);
    assertThat(failure.message()).contains("warm-up input 2 (two.json): Prediction failed");
    assertThat(lastFailure())
        .startsWith("warm-up input 2 (two.json): Prediction failed")
        .contains("ValueError: no such key");
    assertThat(pool.worker(0).hasExited()).isTrue();
    pool.advance(Duration.ofSeconds(1));
    pool.worker(1).answer();
    pool.worker(1).answer();
    assertThat(pool.pool.readiness().ready()).isEqualTo(1);
    assertThat(pool.bodies.unreleased()).isEmpty();
  }

  @Test
  void anErrorStatusThatTheHandlerChoseIsNoSuccess() {
    CompletableFuture<Void> loading = pool.resize(1);
    FakeWorker worker = pool.worker(0);
    long item = worker.oldest().items().get(0).id();
    Reply reply = new Reply(422, null, null, List.of(), pool.bodies.body("no"));
    worker.end(List.of(new ItemReply(item, true, null, reply)));
    assertThat(failure(loading).message())
        .contains("warm-up input 1 (one.json): the handler answered with status 422");
    assertThat(pool.bodies.unreleased()).isEmpty();
  }

  @Test
  void aSampleWithoutAnAnswerIsNoSuccess() {
    CompletableFuture<Void> loading = pool.resize(1);
    pool.worker(0).end(List.of());
    assertThat(failure(loading).message()).contains("(one.json): 1 requests were not answered");
  }

  @Test
  void aStreamedAnswerIsAsGoodAsAWholeOne() {
    CompletableFuture<Void> loading = pool.resize(1);
    FakeWorker worker = pool.worker(0);
    long item = worker.oldest().items().get(0).id();
    worker.piece(item, "a");
    worker.lastPiece(item, "b");
    assertThat(worker.runs()).hasSize(1);
    worker.end(List.of());
    assertThat(worker.runs()).hasSize(2);
    worker.answer();
    assertThat(loading).isCompleted();
    assertThat(pool.bodies.unreleased()).isEmpty();
  }

  @Test
  void aProcessThatDiesInItsWarmUpSaysAtWhichSample() {
    CompletableFuture<Void> loading = pool.resize(1);
    pool.worker(0).dieBySignal(11);
    assertThat(failure(loading).message())
        .contains("warm-up input 1 (one.json): Worker died. It was ended by signal 11");
    assertThat(pool.meters.losses()).isZero();
  }

  @Test
  void aDeviceThatFailsInTheWarmUpCostsTheProcess() {
    CompletableFuture<Void> loading = pool.resize(1);
    pool.worker(0).answerAndBeSpent();
    assertThat(failure(loading).message()).contains("(one.json): Worker died. Its device failed");
    assertThat(pool.worker(0).hasExited()).isTrue();
  }

  @Test
  void loadAndWarmUpTogetherHaveTheTimeOfALoad() {
    pool.launcher.each(FakeWorker::connect);
    CompletableFuture<Void> loading = pool.resize(1);
    pool.advance(Duration.ofSeconds(40));
    pool.worker(0).load();
    pool.advance(Duration.ofSeconds(19));
    assertThat(loading).isNotDone();
    pool.advance(Duration.ofSeconds(2));
    assertThat(failure(loading).message())
        .contains("warm-up input 1 (one.json): no answer within startupTimeout, 60 s");
    assertThat(pool.worker(0).wasKilled()).isTrue();
  }

  @Test
  void aPoolThatClosesDuringAWarmUpEndsItsProcess() {
    CompletableFuture<Void> loading = pool.resize(1);
    CompletableFuture<Void> closed = pool.close(Duration.ZERO);
    assertThat(closed).isCompleted();
    assertThat(failure(loading).kind()).isEqualTo(ErrorKind.SHUTTING_DOWN);
    assertThat(pool.launcher.alive()).isEmpty();
    assertThat(pool.loop.waitingTimers()).isZero();
  }
}
