package ai.mariner.core.queue;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.CacheLimits;
import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.testing.FakeWorker;
import ai.mariner.core.testing.RecordingSink;
import ai.mariner.core.worker.WorkerError;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class IdleUnloadTest {
  private static final Duration IDLE = Duration.ofMinutes(5);

  private static ModelOverrides.Builder options() {
    return ModelOverrides.builder().idleUnload(IDLE).jobQueueSize(3);
  }

  private static PoolFixture unloaded() {
    PoolFixture fixture = PoolFixture.ready(2, options());
    fixture.advance(IDLE.plusSeconds(1));
    assertThat(fixture.launcher.alive()).isEmpty();
    return fixture;
  }

  @Test
  void aModelThatNobodyAsksGivesItsMemoryBackAndStaysReady() {
    PoolFixture fixture = unloaded();
    assertThat(fixture.status().unloaded()).isTrue();
    assertThat(fixture.status().workers()).isEmpty();
    assertThat(fixture.pool.readiness().satisfied()).isTrue();
    assertThat(fixture.meters.losses()).isZero();
  }

  @Test
  void requestsKeepItLoaded() {
    PoolFixture fixture = PoolFixture.ready(1, options());
    for (int i = 0; i < 5; i++) {
      RecordingSink sink = fixture.submit("a");
      fixture.advance(Duration.ofMinutes(1));
      fixture.worker(0).answer();
      fixture.loop.runReady();
      assertThat(sink.answer()).isEqualTo("echo:a");
      fixture.advance(IDLE.minusSeconds(1));
    }
    assertThat(fixture.launcher.started()).hasSize(1);
    fixture.advance(Duration.ofSeconds(2));
    assertThat(fixture.launcher.alive()).isEmpty();
  }

  @Test
  void answersOfTheCacheKeepItLoadedToo() {
    PoolFixture fixture = PoolFixture.ready(1, cached());
    fixture.submit("a");
    fixture.worker(0).answer();
    fixture.loop.runReady();
    for (int i = 0; i < 5; i++) {
      fixture.advance(IDLE.minusSeconds(1));
      assertThat(fixture.submit("a").answer()).isEqualTo("echo:a");
    }
    assertThat(fixture.worker(0).runs()).hasSize(1);
    assertThat(fixture.launcher.alive()).hasSize(1);
    fixture.advance(IDLE.plusSeconds(1));
    assertThat(fixture.launcher.alive()).isEmpty();
  }

  @Test
  void theCacheOfAnUnloadedModelAnswersWithoutAWorker() {
    PoolFixture fixture = PoolFixture.ready(1, cached());
    fixture.submit("a");
    fixture.worker(0).answer();
    fixture.advance(IDLE.plusSeconds(1));
    assertThat(fixture.launcher.alive()).isEmpty();
    assertThat(fixture.submit("a").answer()).isEqualTo("echo:a");
    fixture.advance(IDLE.multipliedBy(3));
    assertThat(fixture.launcher.started()).hasSize(1);
    assertThat(fixture.status().unloaded()).isTrue();
    assertThat(fixture.loop.waitingTimers()).isZero();
  }

  private static ModelOverrides.Builder cached() {
    return options().responseCache(new CacheLimits(1 << 20, Duration.ofDays(1)));
  }

  @Test
  void theNextRequestStartsTheWorkersAndWaits() {
    PoolFixture fixture = unloaded();
    fixture.launcher.each(FakeWorker::connect);
    RecordingSink first = fixture.submit("a");
    RecordingSink second = fixture.submit("b");
    assertThat(fixture.launcher.alive()).hasSize(2);
    assertThat(fixture.pool.readiness().satisfied()).isTrue();
    fixture.launcher.alive().forEach(FakeWorker::load);
    fixture.loop.runReady();
    fixture.launcher.alive().forEach(FakeWorker::answer);
    fixture.loop.runReady();
    assertThat(first.answer()).isEqualTo("echo:a");
    assertThat(second.answer()).isEqualTo("echo:b");
    assertThat(fixture.status().unloaded()).isFalse();
    fixture.advance(IDLE.plusSeconds(1));
    assertThat(fixture.launcher.alive()).isEmpty();
  }

  @Test
  void theQueueOfAModelThatStartsIsBoundedAndDeadlinesCount() {
    PoolFixture fixture = unloaded();
    fixture.launcher.each(FakeWorker::connect);
    RecordingSink hurried = fixture.submit("a", r -> r.timeout(Duration.ofSeconds(1)));
    fixture.submit("b");
    fixture.submit("c");
    assertThat(fixture.submit("d").failure().kind()).isEqualTo(ErrorKind.QUEUE_FULL);
    fixture.advance(Duration.ofSeconds(1));
    assertThat(hurried.failure().kind()).isEqualTo(ErrorKind.DEADLINE_EXCEEDED);
  }

  @Test
  void aFailureToLoadIsToldAndEndsReadiness() {
    PoolFixture fixture = unloaded();
    fixture.launcher.each(
        worker -> {
          worker.connect();
          worker.failLoad(WorkerError.LOAD_FAILED, "the disk is gone");
        });
    RecordingSink sink = fixture.submit("a");
    assertThat(sink.failure().kind()).isEqualTo(ErrorKind.NO_WORKER);
    assertThat(sink.failure().message()).contains("the disk is gone");
    assertThat(fixture.pool.readiness().satisfied()).isFalse();
    fixture.launcher.healthy();
    fixture.advance(Duration.ofSeconds(5));
    assertThat(fixture.pool.readiness().satisfied()).isTrue();
  }

  @Test
  void scalingByHandStartsWorkersAtOnce() {
    PoolFixture fixture = unloaded();
    fixture.resize(1);
    assertThat(fixture.launcher.alive()).hasSize(1);
    assertThat(fixture.status().unloaded()).isFalse();
  }

  @Test
  void anUnloadedModelCanBeRemoved() {
    PoolFixture fixture = unloaded();
    assertThat(fixture.close(Duration.ofSeconds(5))).isCompleted();
    assertThat(fixture.loop.waitingTimers()).isZero();
  }
}
