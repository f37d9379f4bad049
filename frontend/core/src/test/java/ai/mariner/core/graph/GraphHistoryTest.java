package ai.mariner.core.graph;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.testing.FakeWorker;
import ai.mariner.core.testing.RecordingSink;
import ai.mariner.core.worker.WorkerError;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever happens, each request that was let in ends exactly once and nothing of it is left. */
class GraphHistoryTest {
  private static final int STEPS = 400;

  private final List<RecordingSink> clients = new ArrayList<>();

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void everyRequestEndsOnce(long seed) {
    Random random = new Random(seed);
    GraphRig rig = GraphRig.diamond(random.nextInt(3));
    for (int step = 0; step < STEPS; step++) {
      act(rig, random);
    }
    finish(rig);
    // A sink that is told twice throws by itself.
    assertThat(clients).allMatch(RecordingSink::ended);
    assertThat(rig.isClean()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(longs = {11, 12, 13, 14})
  void noneFailsForOneLostWorkerWhenThereIsAnotherTry(long seed) {
    Random random = new Random(seed);
    GraphRig rig = GraphRig.diamond(1);
    for (int i = 0; i < 60; i++) {
      clients.add(rig.submit("x"));
    }
    for (int i = 0; i < 30; i++) {
      answerOne(rig, random);
    }
    rig.worker(List.of("a", "b", "c", "d").get(random.nextInt(4))).dieBySignal(9);
    finish(rig);
    assertThat(clients).allSatisfy(client -> assertThat(client.answer()).endsWith("echo:x"));
    assertThat(rig.isClean()).isTrue();
  }

  private void act(GraphRig rig, Random random) {
    switch (random.nextInt(10)) {
      case 0, 1, 2 -> clients.add(rig.submit("x"));
      case 3 -> clients.add(rig.submit("x", request -> request.timeout(Duration.ofSeconds(2))));
      case 4 -> {
        if (!clients.isEmpty()) {
          clients.get(random.nextInt(clients.size())).leave();
          rig.server.loop.runReady();
        }
      }
      case 5 -> rig.server.loop.advance(Duration.ofMillis(random.nextInt(1500)));
      case 6 -> {
        FakeWorker worker = one(rig, random);
        if (worker != null && random.nextBoolean()) {
          worker.exit(139);
        } else if (worker != null) {
          worker.fail(WorkerError.HANDLER_EXCEPTION, "bad");
        }
      }
      default -> answerOne(rig, random);
    }
  }

  private static void answerOne(GraphRig rig, Random random) {
    FakeWorker worker = one(rig, random);
    if (worker != null) {
      worker.answer();
    }
  }

  /** A worker that has something to do; absent: there is none. */
  private static @Nullable FakeWorker one(GraphRig rig, Random random) {
    List<FakeWorker> busy =
        rig.server.launcher.alive().stream()
            .filter(worker -> !worker.openRuns().isEmpty())
            .toList();
    return busy.isEmpty() ? null : busy.get(random.nextInt(busy.size()));
  }

  private void finish(GraphRig rig) {
    for (int turn = 0; turn < 3000; turn++) {
      boolean idle = true;
      for (FakeWorker worker : rig.server.launcher.alive()) {
        if (!worker.openRuns().isEmpty()) {
          worker.answer();
          idle = false;
        }
      }
      if (idle && clients.stream().allMatch(RecordingSink::ended)) {
        return;
      }
      rig.server.loop.advance(Duration.ofMillis(idle ? 1000 : 1));
    }
  }
}
