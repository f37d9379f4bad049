package ai.mariner.core.queue;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.RetryOnWorkerLoss;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.testing.FakeWorker;
import ai.mariner.core.testing.RecordingSink;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Workers that preprocess their next batch while one runs. */
class PrepareAheadTest {
  private static final Duration RESTART = Duration.ofMillis(100);

  private static ModelOverrides.Builder ahead(int batchSize) {
    return ModelOverrides.builder().batchSize(batchSize).prepareAhead(true);
  }

  private static List<List<String>> open(FakeWorker worker) {
    return worker.openRuns().stream().map(FakeWorker.SentRun::texts).toList();
  }

  /** Whether a worker has begun something with this text: what it runs, or prepares beside that. */
  private static boolean touches(FakeWorker worker, String poison) {
    List<FakeWorker.SentRun> runs = worker.openRuns();
    boolean second = runs.size() > 1 && !runs.get(0).alone() && !runs.get(1).alone();
    return runs.subList(0, second ? 2 : 1).stream()
        .flatMap(run -> run.texts().stream())
        .anyMatch(text -> text.startsWith(poison));
  }

  private static void play(PoolFixture fixture, String poison) {
    for (int turn = 0; turn < 100; turn++) {
      for (FakeWorker worker : fixture.launcher.alive()) {
        if (worker.openRuns().isEmpty()) {
          continue;
        }
        if (touches(worker, poison)) {
          worker.exit(139);
        } else {
          worker.answer();
        }
      }
      fixture.advance(Duration.ofSeconds(1));
    }
  }

  @Test
  void theNextBatchIsSentAheadFromTheFirstRunOn() {
    PoolFixture fixture = PoolFixture.ready(1, ahead(2));
    fixture.burst("a", "b", "c", "d", "e");
    assertThat(open(fixture.worker(0))).containsExactly(List.of("a", "b"), List.of("c", "d"));
    fixture.worker(0).answer();
    fixture.submit("f");
    assertThat(open(fixture.worker(0))).containsExactly(List.of("c", "d"), List.of("e", "f"));
  }

  @Test
  void theWorkerIsToldToPrepare() {
    assertThat(PoolFixture.ready(1, ahead(2)).worker(0).loadCommand().fields())
        .containsEntry("prepare_ahead", "true");
    assertThat(PoolFixture.ready(1, 2).worker(0).loadCommand().fields())
        .doesNotContainKey("prepare_ahead");
  }

  @Test
  void aBatchThatIsNotFullGoesAheadWhenItIsNoSmallerThanTheOneBefore() {
    PoolFixture fixture = PoolFixture.ready(1, ahead(8));
    fixture.burst("a", "b");
    fixture.submit("c");
    assertThat(open(fixture.worker(0))).containsExactly(List.of("a", "b"));
    fixture.submit("d");
    assertThat(open(fixture.worker(0))).containsExactly(List.of("a", "b"), List.of("c", "d"));
  }

  @Test
  void anIdleWorkerComesFirst() {
    PoolFixture fixture = PoolFixture.ready(2, ahead(1));
    fixture.burst("a", "b", "c");
    assertThat(fixture.worker(0).openRuns().size() + fixture.worker(1).openRuns().size())
        .isEqualTo(3);
    assertThat(fixture.worker(0).openRuns()).isNotEmpty();
    assertThat(fixture.worker(1).openRuns()).isNotEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5})
  void aPoisonousRequestHarmsOnlyItselfInWhateverPlace(int batchSize) {
    for (int place = 0; place < 6; place++) {
      PoolFixture fixture = PoolFixture.ready(1, ahead(batchSize));
      String[] texts = {"a", "b", "c", "d", "e", "f"};
      texts[place] = "poison";

      List<RecordingSink> sinks = fixture.burst(texts);
      play(fixture, "poison");

      for (int i = 0; i < texts.length; i++) {
        RecordingSink sink = sinks.get(i);
        if (i == place) {
          assertThat(sink.failure().kind()).isEqualTo(ErrorKind.WORKER_LOST);
        } else {
          assertThat(sink.answer()).isEqualTo("echo:" + texts[i]);
        }
      }
      // One for each time that what may be to blame is halved.
      assertThat(fixture.meters.losses()).isBetween(1, 5);
      assertThat(fixture.bodies.unreleased()).isEmpty();
    }
  }

  @Test
  void whatRunsAgainSaysThatItIsToBeAlone() {
    PoolFixture fixture = PoolFixture.ready(1, ahead(1));
    fixture.burst("a", "b", "c", "d");
    assertThat(open(fixture.worker(0))).containsExactly(List.of("a"), List.of("b"));
    fixture.worker(0).exit(139);
    fixture.advance(RESTART);
    List<FakeWorker.SentRun> runs = fixture.worker(1).openRuns();
    assertThat(runs).first().satisfies(run -> assertThat(run.alone()).isTrue());
    fixture.worker(1).answer();
    fixture.worker(1).answer();
    assertThat(fixture.worker(1).oldest().texts()).containsExactly("c");
    assertThat(fixture.worker(1).oldest().alone()).isFalse();
  }

  @ParameterizedTest
  @EnumSource(value = RetryOnWorkerLoss.class, names = "MATES", mode = EnumSource.Mode.EXCLUDE)
  void whatWasPreparedHasBegun(RetryOnWorkerLoss retry) {
    PoolFixture fixture = PoolFixture.ready(1, ahead(2).retryOnWorkerLoss(retry));
    List<RecordingSink> sinks = fixture.burst("a", "b", "c", "d", "e");
    fixture.worker(0).exit(139);
    assertThat(sinks.subList(0, 4))
        .allSatisfy(sink -> assertThat(sink.failure().kind()).isEqualTo(ErrorKind.WORKER_LOST));
    fixture.advance(RESTART);
    fixture.worker(1).answer();
    assertThat(sinks.get(4).answer()).isEqualTo("echo:e");
  }

  @Test
  void aTimeOutIsThatOfTheRunUnderWayAndWhatWasPreparedRunsAgain() {
    PoolFixture fixture = PoolFixture.ready(1, ahead(2).responseTimeout(Duration.ofSeconds(5)));
    List<RecordingSink> sinks = fixture.burst("a", "b", "c", "d");
    fixture.worker(0).hang();
    fixture.advance(Duration.ofSeconds(6));
    assertThat(sinks.subList(0, 2))
        .allSatisfy(
            sink -> assertThat(sink.failure().kind()).isEqualTo(ErrorKind.RESPONSE_TIMEOUT));
    play(fixture, "none");
    assertThat(sinks.get(2).answer()).isEqualTo("echo:c");
    assertThat(sinks.get(3).answer()).isEqualTo("echo:d");
    assertThat(fixture.meters.losses()).isEqualTo(1);
  }

  @Test
  void theTimeOfWhatWasPreparedCountsFromTheEndOfTheRunBefore() {
    PoolFixture fixture = PoolFixture.ready(1, ahead(1).responseTimeout(Duration.ofSeconds(5)));
    List<RecordingSink> sinks = fixture.burst("a", "b");
    fixture.advance(Duration.ofSeconds(4));
    fixture.worker(0).answer();
    fixture.advance(Duration.ofSeconds(4));
    assertThat(sinks.get(1).ended()).isFalse();
    fixture.advance(Duration.ofSeconds(2));
    assertThat(sinks.get(1).failure().kind()).isEqualTo(ErrorKind.RESPONSE_TIMEOUT);
  }

  @Test
  void whatASpentProcessHadPreparedRunsAgain() {
    PoolFixture fixture = PoolFixture.ready(1, ahead(2));
    List<RecordingSink> sinks = fixture.burst("a", "b", "c", "d");
    fixture.worker(0).answerAndBeSpent();
    play(fixture, "none");
    assertThat(sinks.stream().map(RecordingSink::answer))
        .containsExactly("echo:a", "echo:b", "echo:c", "echo:d");
  }
}
