package ai.mariner.core.queue;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.Autoscale;
import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.testing.FakeWorker;
import ai.mariner.core.testing.RecordingSink;
import ai.mariner.core.worker.WorkerError;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class AutoscalingTest {
  private static final Duration WAIT = Duration.ofMillis(50);
  private static final Duration COOLDOWN = Duration.ofSeconds(30);
  private static final int MIB = 1 << 20;

  private static ModelOverrides.Builder options(int min, int max) {
    return ModelOverrides.builder()
        .workers(min, max)
        .autoscale(new Autoscale(WAIT, COOLDOWN))
        .responseTimeout(Duration.ofHours(1));
  }

  private static void submit(PoolFixture fixture, List<RecordingSink> sinks, int requests) {
    for (int i = 0; i < requests; i++) {
      sinks.add(fixture.submit("a"));
    }
  }

  private static void answerAll(PoolFixture fixture) {
    boolean any = true;
    while (any) {
      any = false;
      for (FakeWorker worker : fixture.launcher.alive()) {
        if (worker.isLinked() && !worker.openRuns().isEmpty()) {
          worker.answer();
          any = true;
        }
      }
      fixture.loop.runReady();
    }
  }

  @Test
  void aWorkerIsAddedWhenARequestHasWaitedTooLong() {
    PoolFixture fixture = PoolFixture.ready(1, options(1, 3));
    List<RecordingSink> sinks = new ArrayList<>();
    submit(fixture, sinks, 2);
    fixture.advance(WAIT.minusMillis(1));
    assertThat(fixture.launcher.started()).hasSize(1);
    fixture.advance(Duration.ofMillis(2));
    assertThat(fixture.launcher.started()).hasSize(2);
    assertThat(fixture.worker(1).openRuns()).as("it takes what waits").hasSize(1);
    assertThat(fixture.pool.readiness().wanted()).isEqualTo(1);
    assertThat(fixture.status().workers()).hasSize(2);
  }

  @Test
  void noMoreThanOneWorkerStartsAtATimeAndNoneAboveTheBound() {
    PoolFixture fixture = PoolFixture.ready(1, options(1, 3));
    fixture.launcher.each(FakeWorker::connect);
    submit(fixture, new ArrayList<>(), 9);
    fixture.advance(Duration.ofSeconds(10));
    assertThat(fixture.launcher.started()).hasSize(2);
    fixture.worker(1).load();
    fixture.advance(WAIT.multipliedBy(2));
    assertThat(fixture.launcher.started()).hasSize(3);
    fixture.worker(2).load();
    fixture.advance(Duration.ofSeconds(10));
    assertThat(fixture.launcher.started()).hasSize(3);
  }

  @Test
  void withoutAutoscaleNothingIsAdded() {
    PoolFixture fixture =
        PoolFixture.ready(
            1, ModelOverrides.builder().workers(1, 3).responseTimeout(Duration.ofHours(1)));
    submit(fixture, new ArrayList<>(), 9);
    fixture.advance(Duration.ofSeconds(10));
    assertThat(fixture.launcher.started()).hasSize(1);
  }

  @Test
  void workersThatAreNotNeededGoOnePerCooldownAndNoneBelowTheBound() {
    PoolFixture fixture = PoolFixture.ready(1, options(1, 4));
    List<RecordingSink> sinks = new ArrayList<>();
    submit(fixture, sinks, 9);
    fixture.advance(Duration.ofSeconds(1));
    assertThat(fixture.launcher.alive()).hasSize(4);
    answerAll(fixture);
    assertThat(sinks).allSatisfy(sink -> assertThat(sink.answer()).isEqualTo("echo:a"));
    for (int left = 3; left >= 1; left--) {
      fixture.advance(COOLDOWN.plusSeconds(2));
      assertThat(fixture.launcher.alive()).hasSize(left);
    }
    fixture.advance(COOLDOWN.multipliedBy(5));
    assertThat(fixture.launcher.alive()).hasSize(1);
    assertThat(fixture.meters.losses()).isZero();
  }

  @Test
  void workersThatAreBusyStay() {
    PoolFixture fixture = PoolFixture.ready(1, options(1, 2));
    List<RecordingSink> sinks = new ArrayList<>();
    submit(fixture, sinks, 3);
    fixture.advance(Duration.ofSeconds(1));
    assertThat(fixture.launcher.alive()).hasSize(2);
    for (int i = 0; i < 100; i++) {
      answerAll(fixture);
      submit(fixture, sinks, 2);
      fixture.advance(Duration.ofSeconds(2));
    }
    assertThat(fixture.launcher.alive()).hasSize(2);
  }

  @Test
  void noWorkerIsAddedForWhichThereIsNoMemory() {
    PoolFixture fixture = PoolFixture.ready(1, options(1, 2));
    fixture.memory.resident(fixture.worker(0).pid(), 100L * MIB);
    fixture.memory.host(169L * MIB, 1000L * MIB);
    submit(fixture, new ArrayList<>(), 5);
    fixture.advance(Duration.ofSeconds(10));
    assertThat(fixture.launcher.started()).hasSize(1);
    fixture.memory.host(171L * MIB, 1000L * MIB);
    fixture.advance(WAIT.multipliedBy(2));
    assertThat(fixture.launcher.started()).hasSize(2);
  }

  /** Two pools of which each needs 170 MiB for one more worker; there are 200 once. */
  private static PoolFixture inNeed(@Nullable PoolFixture neighbour) {
    PoolFixture fixture =
        neighbour == null
            ? PoolFixture.ready(1, options(1, 3))
            : neighbour.beside(1, options(1, 3));
    fixture.memory.resident(fixture.worker(0).pid(), 100L * MIB);
    fixture.memory.host(200L * MIB, 1000L * MIB);
    fixture.launcher.each(FakeWorker::connect);
    return fixture;
  }

  @Test
  void twoModelsDoNotCountOnTheSameFreeMemory() {
    PoolFixture one = inNeed(null);
    PoolFixture other = inNeed(one);
    submit(one, new ArrayList<>(), 5);
    submit(other, new ArrayList<>(), 5);
    one.advance(Duration.ofSeconds(10));
    assertThat(one.launcher.started().size() + other.launcher.started().size()).isEqualTo(3);
    PoolFixture first = one.launcher.started().size() == 2 ? one : other;
    PoolFixture second = first == one ? other : one;
    // What the first one took is seen from now on, and there is as much again.
    first.worker(1).load();
    first.loop.runReady();
    first.memory.host(169L * MIB, 1000L * MIB);
    first.advance(WAIT.multipliedBy(3));
    assertThat(second.launcher.started()).hasSize(1);
    first.memory.host(171L * MIB, 1000L * MIB);
    first.advance(WAIT.multipliedBy(3));
    assertThat(first.launcher.started().size() + second.launcher.started().size()).isEqualTo(4);
  }

  @Test
  void memoryOfAHelperThatCouldNotLoadIsFreeForOthers() {
    PoolFixture one = inNeed(null);
    PoolFixture other = inNeed(one);
    submit(one, new ArrayList<>(), 5);
    one.advance(WAIT.multipliedBy(2));
    assertThat(one.launcher.started()).hasSize(2);
    submit(other, new ArrayList<>(), 5);
    one.advance(Duration.ofSeconds(5));
    assertThat(other.launcher.started()).hasSize(1);
    one.worker(1).failLoad(WorkerError.LOAD_FAILED, "no such layer");
    one.advance(Duration.ofSeconds(1));
    assertThat(other.launcher.started()).hasSize(2);
  }

  @Test
  void memoryOfAHelperIsFreeAgainWhenItsPoolIsClosed() {
    PoolFixture one = inNeed(null);
    PoolFixture other = inNeed(one);
    submit(one, new ArrayList<>(), 5);
    one.advance(WAIT.multipliedBy(2));
    assertThat(one.launcher.started()).hasSize(2);
    var unused = one.close(Duration.ZERO);
    submit(other, new ArrayList<>(), 5);
    one.advance(Duration.ofSeconds(1));
    assertThat(other.launcher.started()).hasSize(2);
  }

  @Test
  void aHelperThatCanNotLoadIsGivenUpForACooldown() {
    PoolFixture fixture = PoolFixture.ready(1, options(1, 2));
    fixture.launcher.each(
        worker -> {
          worker.connect();
          worker.failLoad(WorkerError.OUT_OF_MEMORY, "CUDA out of memory");
        });
    submit(fixture, new ArrayList<>(), 5);
    fixture.advance(COOLDOWN);
    assertThat(fixture.launcher.started()).hasSize(2);
    assertThat(fixture.pool.readiness().satisfied()).isTrue();
    assertThat(fixture.pool.readiness().failed()).isFalse();
    fixture.launcher.healthy();
    fixture.advance(Duration.ofSeconds(1));
    assertThat(fixture.launcher.alive()).hasSize(2);
  }

  @Test
  void aModelWithoutWorkersStartsOneForARequestAndStopsItAgain() {
    PoolFixture fixture = new PoolFixture(options(0, 2));
    fixture.resize(0);
    assertThat(fixture.launcher.started()).isEmpty();
    RecordingSink sink = fixture.submit("a");
    assertThat(fixture.launcher.started()).hasSize(1);
    fixture.worker(0).answer();
    fixture.loop.runReady();
    assertThat(sink.answer()).isEqualTo("echo:a");
    fixture.advance(COOLDOWN.multipliedBy(3));
    assertThat(fixture.launcher.alive()).isEmpty();
  }

  @Test
  void scalingByHandMovesTheBounds() {
    PoolFixture fixture = PoolFixture.ready(1, options(1, 3));
    submit(fixture, new ArrayList<>(), 9);
    fixture.advance(Duration.ofSeconds(1));
    assertThat(fixture.launcher.alive()).hasSize(3);
    var unused = fixture.pool.resize(1, 2);
    fixture.advance(Duration.ofSeconds(1));
    long staying = fixture.launcher.alive().size();
    assertThat(staying).as("the third ends when it has done its run").isEqualTo(3);
    answerAll(fixture);
    assertThat(fixture.launcher.alive()).hasSize(2);
  }
}
