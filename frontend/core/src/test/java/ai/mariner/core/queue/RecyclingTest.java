package ai.mariner.core.queue;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.WorkerLifespan;
import ai.mariner.core.crew.Recycler;
import ai.mariner.core.metrics.RecycleReason;
import ai.mariner.core.testing.FakeWorker;
import ai.mariner.core.testing.RecordingSink;
import ai.mariner.core.worker.WorkerError;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RecyclingTest {
  private static final int MIB = 1 << 20;

  private static ModelOverrides.Builder limits(
      @Nullable Integer requests, @Nullable Integer rssMegabytes, @Nullable Integer ageSeconds) {
    Long rssBytes = rssMegabytes == null ? null : (long) rssMegabytes << 20;
    Duration age = ageSeconds == null ? null : Duration.ofSeconds(ageSeconds);
    return ModelOverrides.builder().lifespan(new WorkerLifespan(requests, rssBytes, age));
  }

  /** Sends and answers so many requests one by one, wherever they run. */
  private static void serve(PoolFixture fixture, int requests) {
    for (int i = 0; i < requests; i++) {
      RecordingSink sink = fixture.submit("r" + i);
      for (FakeWorker worker : fixture.launcher.alive()) {
        if (!worker.openRuns().isEmpty()) {
          worker.answer();
          fixture.loop.runReady();
        }
      }
      assertThat(sink.answer()).isEqualTo("echo:r" + i);
    }
  }

  @Test
  void aWorkerThatHasServedEnoughIsReplacedByOneThatIsReady() {
    PoolFixture fixture = PoolFixture.ready(1, limits(10, null, null));
    fixture.launcher.each(FakeWorker::connect);
    serve(fixture, 11);
    assertThat(fixture.launcher.started()).as("a successor was started").hasSize(2);
    serve(fixture, 3);
    assertThat(fixture.worker(0).wasAskedToStop()).as("it serves until then").isFalse();
    RecordingSink last = fixture.submit("last");
    fixture.worker(1).load();
    fixture.loop.runReady();
    assertThat(fixture.pool.readiness().ready()).isEqualTo(1);
    assertThat(fixture.worker(0).wasAskedToStop()).as("it finishes what it has").isFalse();
    fixture.worker(0).answer();
    fixture.loop.runReady();
    assertThat(last.answer()).isEqualTo("echo:last");
    assertThat(fixture.worker(0).wasAskedToStop()).isTrue();
    assertThat(fixture.worker(0).hasExited()).isTrue();
    assertThat(fixture.meters.recycles()).containsExactly(RecycleReason.REQUESTS);
    assertThat(fixture.meters.losses()).isZero();
    assertThat(fixture.status().lastFailure()).isNull();
    serve(fixture, 5);
  }

  @Test
  void workersThatServeAlikeAreReplacedOneAfterTheOther() {
    PoolFixture fixture = PoolFixture.ready(3, limits(20, null, null));
    fixture.launcher.each(FakeWorker::connect);
    serve(fixture, 90);
    assertThat(fixture.launcher.started()).hasSize(4);
    for (int next = 3; next < 6; next++) {
      assertThat(fixture.launcher.started()).hasSize(next + 1);
      fixture.worker(next).load();
      fixture.loop.runReady();
      assertThat(fixture.pool.readiness().ready()).isEqualTo(3);
    }
    assertThat(fixture.launcher.started()).hasSize(6);
    assertThat(fixture.launcher.alive()).hasSize(3);
    assertThat(fixture.meters.recycles()).hasSize(3);
  }

  @Test
  void limitsAreSpreadByATenth() {
    PoolFixture fixture = PoolFixture.ready(4, limits(null, null, 1000));
    fixture.advance(Duration.ofSeconds(898));
    assertThat(fixture.launcher.started()).hasSize(4);
    fixture.advance(Duration.ofSeconds(100));
    int early = fixture.launcher.started().size();
    assertThat(early).isStrictlyBetween(4, 8);
    fixture.advance(Duration.ofSeconds(104));
    assertThat(fixture.launcher.started()).hasSize(8);
    assertThat(fixture.meters.recycles()).hasSize(4).containsOnly(RecycleReason.AGE);
  }

  @Test
  void aWorkerThatTakesTooMuchMemoryIsReplaced() {
    PoolFixture fixture = PoolFixture.ready(1, limits(null, 100, null));
    fixture.memory.resident(fixture.worker(0).pid(), 90L * MIB);
    fixture.advance(Recycler.TICK.multipliedBy(2));
    assertThat(fixture.launcher.started()).hasSize(1);
    fixture.memory.resident(fixture.worker(0).pid(), 101L * MIB);
    fixture.advance(Recycler.TICK);
    assertThat(fixture.launcher.started()).hasSize(2);
    assertThat(fixture.worker(0).hasExited()).isTrue();
    assertThat(fixture.meters.recycles()).containsExactly(RecycleReason.MEMORY);
  }

  @Test
  void aModelThatIsTooLargeFromTheStartIsNotReplacedForEver() {
    PoolFixture fixture = new PoolFixture(limits(null, 100, null));
    fixture.launcher.each(
        worker -> {
          fixture.memory.resident(worker.pid(), 200L * MIB);
          worker.connectAndLoad();
        });
    fixture.resize(1);
    fixture.advance(Recycler.TICK.multipliedBy(10));
    assertThat(fixture.launcher.started()).hasSize(1);
  }

  @Test
  void aSuccessorDoesNotCountOnMemoryThatAnotherModelWasPromised() {
    PoolFixture fixture = PoolFixture.ready(1, limits(10, null, null));
    PoolFixture neighbour = fixture.beside(1, limits(10, null, null));
    for (PoolFixture one : List.of(fixture, neighbour)) {
      one.memory.resident(one.worker(0).pid(), 100L * MIB);
      one.memory.host(200L * MIB, 1000L * MIB);
      one.launcher.each(FakeWorker::connect);
    }
    serve(fixture, 11);
    serve(neighbour, 11);
    assertThat(fixture.worker(0).hasExited()).as("there is memory for its successor").isFalse();
    assertThat(neighbour.worker(0).hasExited()).as("stopped first").isTrue();
    fixture.worker(1).load();
    fixture.loop.runReady();
    assertThat(fixture.worker(0).hasExited()).isTrue();
  }

  @Test
  void withoutMemoryForTwoTheOldWorkerIsStoppedFirstAndRequestsWait() {
    PoolFixture fixture = PoolFixture.ready(1, limits(10, null, null));
    fixture.memory.host(100L * MIB, 1000L * MIB);
    fixture.memory.resident(fixture.worker(0).pid(), 50L * MIB);
    serve(fixture, 8);
    fixture.launcher.each(FakeWorker::connect);
    fixture.memory.host(100L * MIB, 1000L * MIB + 1000L * MIB);
    serve(fixture, 2);
    RecordingSink next = fixture.submit("next");
    if (!fixture.worker(0).hasExited()) {
      fixture.worker(0).answer();
      fixture.loop.runReady();
      next = fixture.submit("next");
    }
    assertThat(fixture.worker(0).hasExited()).as("stopped before another is started").isTrue();
    assertThat(fixture.launcher.started()).hasSize(2);
    assertThat(next.ended()).isFalse();
    fixture.worker(1).load();
    fixture.loop.runReady();
    fixture.worker(1).answer();
    fixture.loop.runReady();
    assertThat(next.answer()).isEqualTo("echo:next");
    assertThat(fixture.meters.losses()).isZero();
  }

  @Test
  void aSuccessorThatCanNotLoadLeavesTheOldWorkerInPlace() {
    PoolFixture fixture = PoolFixture.ready(1, limits(10, null, null));
    fixture.launcher.each(
        worker -> {
          worker.connect();
          worker.failLoad(WorkerError.LOAD_FAILED, "no room on the device");
        });
    serve(fixture, 30);
    assertThat(fixture.launcher.started()).as("it is not tried again at once").hasSize(2);
    assertThat(fixture.pool.readiness().satisfied()).isTrue();
    assertThat(fixture.pool.readiness().failed()).isFalse();
    assertThat(fixture.status().workers()).hasSize(1);
    assertThat(fixture.status().lastFailure()).contains("no room on the device");
    assertThat(fixture.meters.recycles()).isEmpty();
    fixture.launcher.healthy();
    fixture.advance(Recycler.PAUSE);
    serve(fixture, 1);
    assertThat(fixture.meters.recycles()).hasSize(1);
    assertThat(fixture.worker(0).hasExited()).isTrue();
  }

  @Test
  void scalingDownTakesTheSuccessorAlong() {
    PoolFixture fixture = PoolFixture.ready(1, limits(10, null, null));
    fixture.launcher.each(FakeWorker::connect);
    serve(fixture, 11);
    fixture.resize(0);
    fixture.advance(Duration.ofSeconds(20));
    assertThat(fixture.launcher.alive()).isEmpty();
    assertThat(fixture.status().workers()).isEmpty();
  }

  @Test
  void scalingUpDuringAReplacementCountsTheSuccessorOnce() {
    PoolFixture fixture = PoolFixture.ready(1, limits(10, null, null));
    fixture.launcher.each(FakeWorker::connect);
    serve(fixture, 11);
    fixture.launcher.healthy();
    fixture.resize(2);
    fixture.worker(1).load();
    fixture.loop.runReady();
    fixture.advance(Duration.ofSeconds(1));
    assertThat(fixture.launcher.alive()).hasSize(2);
    assertThat(fixture.pool.readiness().ready()).isEqualTo(2);
  }

  @Test
  void removingTheModelDuringAReplacementLeavesNothing() {
    PoolFixture fixture = PoolFixture.ready(1, limits(10, null, 60));
    fixture.launcher.each(FakeWorker::connect);
    serve(fixture, 11);
    CompletableFuture<Void> closed = fixture.close(Duration.ofSeconds(5));
    fixture.advance(Duration.ofSeconds(20));
    assertThat(closed).isCompleted();
    assertThat(fixture.launcher.alive()).isEmpty();
    assertThat(fixture.loop.waitingTimers()).isZero();
  }
}
