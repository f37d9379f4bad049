package ai.mariner.core.queue;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.testing.FakeLoop;
import ai.mariner.core.testing.FakeWorker;
import ai.mariner.core.testing.RecordingSink;
import ai.mariner.core.testing.Requests;
import ai.mariner.core.worker.WorkerError;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ProgressWatchTest {
  private static final Duration LIMIT = Duration.ofSeconds(10);

  private final FakeLoop loop = new FakeLoop();
  private boolean waiting = true;
  private boolean able = true;
  private int stalls;
  private final ProgressWatch watch =
      new ProgressWatch(loop, LIMIT.toNanos(), () -> waiting, () -> able, () -> stalls++);

  private void advance(double seconds) {
    loop.advance(Duration.ofMillis((long) (seconds * 1000)));
  }

  @Test
  void nothingMovingIsToldOnceInEachLimit() {
    watch.waits(loop.nanoTime());
    advance(9.9);
    assertThat(stalls).isZero();
    advance(0.2);
    assertThat(stalls).isEqualTo(1);
    advance(10);
    assertThat(stalls).isEqualTo(2);
  }

  @Test
  void progressPutsTheLimitOff() {
    watch.waits(loop.nanoTime());
    for (int i = 0; i < 10; i++) {
      advance(9);
      watch.progressed(loop.nanoTime());
      watch.waits(loop.nanoTime());
    }
    assertThat(stalls).isZero();
    advance(10);
    assertThat(stalls).isEqualTo(1);
  }

  @Test
  void anEmptyQueueOrWorkersThatAreNotReadyAreNoStall() {
    able = false;
    watch.waits(loop.nanoTime());
    advance(100);
    assertThat(stalls).isZero();
    waiting = false;
    able = true;
    advance(100);
    assertThat(stalls).isZero();
    waiting = true;
    watch.waits(loop.nanoTime());
    advance(10);
    assertThat(stalls).isEqualTo(1);
  }

  @Test
  void asleepItLooksNoMore() {
    watch.waits(loop.nanoTime());
    watch.sleep();
    advance(100);
    assertThat(stalls).isZero();
  }

  @Test
  void aPauseBeforeARequestIsNoStallOfThePool() {
    PoolFixture fixture =
        PoolFixture.ready(
            1,
            ModelOverrides.builder()
                .batchSize(4)
                .maxBatchDelay(Duration.ofMillis(200))
                .responseTimeout(Duration.ofSeconds(1)));
    fixture.submit("a");
    fixture.advance(Duration.ofMillis(250));
    fixture.worker(0).answer();
    fixture.advance(Duration.ofMillis(2100));
    RecordingSink late = fixture.submit("b");
    fixture.advance(Duration.ofMillis(150));
    assertThat(fixture.worker(0).wasKilled()).isFalse();
    fixture.advance(Duration.ofMillis(100));
    fixture.worker(0).answer();
    assertThat(late.answer()).isEqualTo("echo:b");
  }

  @Test
  void aLongLoadIsNoStallOfThePool() {
    PoolFixture fixture =
        new PoolFixture(
            ModelOverrides.builder()
                .responseTimeout(Duration.ofSeconds(1))
                .startupTimeout(Duration.ofMinutes(5)));
    fixture.launcher.each(FakeWorker::connect);
    fixture.resize(1);
    RecordingSink waiting = fixture.submit("a");
    fixture.advance(Duration.ofMinutes(4));
    assertThat(fixture.worker(0).wasKilled()).isFalse();
    fixture.worker(0).load();
    fixture.worker(0).answer();
    assertThat(waiting.answer()).isEqualTo("echo:a");
    assertThat(fixture.meters.losses()).isZero();
  }

  /** A stream whose reader has kept its handler waiting for almost as long as nothing may move. */
  private static PoolFixture kept(RecordingSink[] sinks) {
    PoolFixture fixture =
        PoolFixture.ready(1, ModelOverrides.builder().responseTimeout(Duration.ofSeconds(10)));
    sinks[0] = fixture.submit("s", Requests::streaming);
    sinks[0].stopReading(10);
    long item = fixture.worker(0).oldest().items().get(0).id();
    for (int i = 0; i < 16; i++) {
      fixture.worker(0).piece(item, "p");
    }
    sinks[1] = fixture.submit("waits");
    fixture.advance(Duration.ofMillis(19_900));
    return fixture;
  }

  @Test
  void aReaderThatComesBackLateIsNoStallOfThePool() {
    RecordingSink[] sinks = new RecordingSink[2];
    PoolFixture fixture = kept(sinks);
    sinks[0].readAll();
    fixture.advance(Duration.ofSeconds(9));
    assertThat(fixture.meters.losses()).isZero();
    fixture.worker(0).answer();
    fixture.loop.runReady();
    assertThat(sinks[0].answer()).isEqualTo("echo:s");
    fixture.worker(0).answer();
    assertThat(sinks[1].answer()).isEqualTo("echo:waits");
  }

  @Test
  void aReaderThatLeavesLateIsNoStallOfThePool() {
    RecordingSink[] sinks = new RecordingSink[2];
    PoolFixture fixture = kept(sinks);
    fixture.leave(sinks[0]);
    fixture.advance(Duration.ofSeconds(9));
    assertThat(fixture.meters.losses()).isZero();
    fixture.worker(0).fail(WorkerError.CANCELLED, "cancelled");
    fixture.loop.runReady();
    fixture.worker(0).answer();
    assertThat(sinks[1].answer()).isEqualTo("echo:waits");
  }

  @Test
  void aWindowThatIsLongerThanARunIsNoStallOfThePool() {
    PoolFixture fixture =
        PoolFixture.ready(
            1,
            ModelOverrides.builder()
                .batchSize(8)
                .maxBatchDelay(Duration.ofSeconds(30))
                .responseTimeout(Duration.ofSeconds(1)));
    fixture.submit("a");
    fixture.advance(Duration.ofSeconds(30));
    fixture.worker(0).answer();
    assertThat(fixture.launcher.started()).hasSize(1);
    assertThat(fixture.meters.losses()).isZero();
  }
}
