package ai.mariner.core.queue;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.BatchPolicy;
import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.ProgramOptions;
import ai.mariner.core.testing.FakeWorker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Batches that an operator's rule decides on. */
class BatchRuleTest {
  private static final Duration DELAY = Duration.ofMillis(200);

  private final List<String> asked = new ArrayList<>();

  private static ModelOverrides.Builder windows(int batchSize) {
    return ModelOverrides.builder()
        .batchSize(batchSize)
        .batchPolicy(BatchPolicy.WINDOW)
        .maxBatchDelay(DELAY);
  }

  private static List<Integer> sizes(PoolFixture fixture) {
    FakeWorker worker = fixture.worker(0);
    fixture.loop.runReady();
    while (!worker.openRuns().isEmpty()) {
      worker.answer();
    }
    return worker.runs().stream().map(run -> run.texts().size()).toList();
  }

  private static void enqueue(PoolFixture fixture, int requests) {
    for (int i = 0; i < requests; i++) {
      fixture.enqueue("r" + i, request -> request);
    }
  }

  @Test
  void aRuleSaysHowManyRequestsABatchHas() {
    PoolFixture fixture =
        PoolFixture.ruled(
            windows(8), (waiting, all, oldest, free) -> new BatchRule.Take(waiting > 3 ? 3 : 1));
    enqueue(fixture, 7);
    assertThat(sizes(fixture)).containsExactly(3, 3, 1);
    assertThat(fixture.bodies.unreleased()).isEmpty();
  }

  @Test
  void noBatchIsLargerThanTheModelsWhateverARuleSays() {
    PoolFixture fixture =
        PoolFixture.ruled(windows(2), (waiting, all, oldest, free) -> new BatchRule.Take(100));
    enqueue(fixture, 5);
    assertThat(sizes(fixture)).containsExactly(2, 2, 1);
  }

  @Test
  void aRuleThatWaitsIsAskedAgainWhenTheTimeIsOverAndWhenSomethingArrives() {
    PoolFixture fixture =
        PoolFixture.ruled(
            ModelOverrides.builder().batchSize(4),
            (waiting, all, oldest, free) -> {
              asked.add(waiting + " for " + Duration.ofNanos(oldest).toMillis());
              return oldest >= DELAY.toNanos()
                  ? new BatchRule.Take(4)
                  : new BatchRule.Wait(DELAY.toNanos() - oldest);
            });
    fixture.submit("a");
    fixture.advance(Duration.ofMillis(50));
    fixture.submit("b");
    assertThat(fixture.worker(0).runs()).isEmpty();
    fixture.advance(Duration.ofMillis(150));
    assertThat(asked).containsExactly("1 for 0", "2 for 50", "2 for 200");
    assertThat(sizes(fixture)).containsExactly(2);
  }

  @Test
  void aRuleWithoutAWordLeavesBatchesToTheOptions() {
    PoolFixture fixture = PoolFixture.ruled(windows(4), (waiting, all, oldest, free) -> null);
    enqueue(fixture, 5);
    fixture.loop.runReady();
    assertThat(fixture.worker(0).runs()).hasSize(1);
    fixture.worker(0).answer();
    fixture.advance(DELAY);
    assertThat(sizes(fixture)).containsExactly(4, 1);
  }

  @Test
  void eachBatchKeyIsAskedAboutByItself() {
    PoolFixture fixture =
        PoolFixture.ruled(
            ModelOverrides.builder().batchSize(4).set(ProgramOptions.BATCH_KEY, "X-Shape"),
            (waiting, all, oldest, free) -> {
              asked.add(waiting + " of " + all);
              return new BatchRule.Take(4);
            });
    for (String shape : List.of("a", "a", "b")) {
      fixture.enqueue(shape, request -> request.header("x-shape", shape));
    }
    assertThat(sizes(fixture)).containsExactly(2, 1);
    assertThat(asked).containsExactly("2 of 3", "1 of 1");
  }

  @Test
  void modelsWithoutBatchesAskNoRule() {
    PoolFixture fixture =
        PoolFixture.ruled(
            ModelOverrides.builder().batchSize(1),
            (waiting, all, oldest, free) -> {
              throw new AssertionError("asked");
            });
    enqueue(fixture, 2);
    assertThat(sizes(fixture)).containsExactly(1, 1);
  }
}
