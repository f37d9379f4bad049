package ai.mariner.core.queue;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.ProgramOptions;
import ai.mariner.core.testing.FakeWorker;
import ai.mariner.core.testing.RecordingSink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Batches of requests with equal keys. */
class KeyedBatchTest {
  private static ModelOverrides.Builder keyed(int batchSize) {
    return ModelOverrides.builder().batchSize(batchSize).set(ProgramOptions.BATCH_KEY, "X-Shape");
  }

  private static RecordingSink ask(PoolFixture fixture, String text, String shape) {
    return fixture.enqueue(text, request -> request.header("x-shape", shape));
  }

  private static List<List<String>> served(PoolFixture fixture) {
    FakeWorker worker = fixture.worker(0);
    fixture.loop.runReady();
    while (!worker.openRuns().isEmpty()) {
      worker.answer();
    }
    return worker.runs().stream().map(FakeWorker.SentRun::texts).toList();
  }

  @Test
  void requestsOfDifferentKeysAreNeverInOneBatch() {
    PoolFixture fixture = PoolFixture.ready(1, keyed(8));
    ask(fixture, "a1", "a");
    ask(fixture, "b1", "b");
    ask(fixture, "a2", "a");
    ask(fixture, "b2", "b");
    fixture.enqueue("none", request -> request);
    assertThat(served(fixture))
        .containsExactlyInAnyOrder(List.of("a1", "a2"), List.of("b1", "b2"), List.of("none"));
    assertThat(fixture.bodies.unreleased()).isEmpty();
  }

  @Test
  void manyKeysDoNotFallToBatchesOfOne() {
    PoolFixture fixture = PoolFixture.ready(1, keyed(4));
    for (int i = 0; i < 24; i++) {
      ask(fixture, "r" + i, "shape" + i % 6);
    }
    List<List<String>> batches = served(fixture);
    assertThat(batches).hasSize(6).allSatisfy(batch -> assertThat(batch).hasSize(4));
  }

  @Test
  void theKeyWhoseFirstRequestHasWaitedLongestGoesFirst() {
    PoolFixture fixture = PoolFixture.ready(1, keyed(2));
    List<String> order = new ArrayList<>();
    for (String text : List.of("b1", "a1", "a2", "b2", "c1")) {
      ask(fixture, text, text.substring(0, 1));
      fixture.loop.advance(Duration.ofNanos(1));
    }
    served(fixture).forEach(order::addAll);
    assertThat(order).startsWith("b1");
    assertThat(order.indexOf("a1")).isLessThan(order.indexOf("c1"));
  }

  @Test
  void aWindowIsKeptForEachKey() {
    PoolFixture fixture = PoolFixture.ready(1, keyed(2).maxBatchDelay(Duration.ofMillis(50)));
    FakeWorker worker = fixture.worker(0);
    ask(fixture, "a1", "a");
    ask(fixture, "b1", "b");
    fixture.loop.runReady();
    assertThat(worker.openRuns()).isEmpty();
    ask(fixture, "b2", "b");
    fixture.loop.runReady();
    assertThat(worker.oldest().texts()).containsExactly("b1", "b2");
    worker.answer();
    assertThat(worker.openRuns()).isEmpty();
    fixture.advance(Duration.ofMillis(50));
    assertThat(worker.oldest().texts()).containsExactly("a1");
  }

  @Test
  void theBoundOfTheQueueCountsAllKeys() {
    PoolFixture fixture = PoolFixture.ready(1, keyed(1).jobQueueSize(2));
    ask(fixture, "busy", "a");
    fixture.loop.runReady();
    ask(fixture, "a", "a");
    ask(fixture, "b", "b");
    RecordingSink refused = ask(fixture, "c", "c");
    fixture.loop.runReady();
    assertThat(refused.failure().message()).contains("queue");
  }

  @Test
  void aClientThatLeavesIsSkippedWhateverItsKey() {
    PoolFixture fixture = PoolFixture.ready(1, keyed(4));
    ask(fixture, "busy", "z");
    fixture.loop.runReady();
    RecordingSink gone = ask(fixture, "a1", "a");
    ask(fixture, "a2", "a");
    fixture.loop.runReady();
    fixture.leave(gone);
    assertThat(served(fixture)).containsExactly(List.of("busy"), List.of("a2"));
    assertThat(fixture.bodies.unreleased()).isEmpty();
  }
}
