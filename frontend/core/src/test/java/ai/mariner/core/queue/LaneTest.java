package ai.mariner.core.queue;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.job.Job;
import ai.mariner.core.message.Priority;
import ai.mariner.core.process.ProcessKey;
import ai.mariner.core.testing.Configs;
import ai.mariner.core.testing.FakeWorker;
import ai.mariner.core.testing.RecordingSink;
import ai.mariner.core.testing.Requests;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LaneTest {
  private static final ProcessKey ASKER = new ProcessKey(1, 1);

  private static final Duration AGEING = Duration.ofSeconds(1);

  private static ModelOverrides.Builder lanes(int batchSize) {
    return ModelOverrides.builder().batchSize(batchSize).priorityAgeing(AGEING);
  }

  private static RecordingSink submit(PoolFixture fixture, String text, String priority) {
    return fixture.submit(text, request -> request.header("X-Priority", priority));
  }

  private static List<String> order(FakeWorker worker) {
    while (!worker.openRuns().isEmpty()) {
      worker.answer();
    }
    return worker.runs().stream().flatMap(run -> run.texts().stream()).toList();
  }

  @Test
  void urgentRequestsGoFirstAndEachLaneKeepsItsOrder() {
    PoolFixture fixture = PoolFixture.ready(1, lanes(1));
    fixture.submit("busy");
    submit(fixture, "low1", "low");
    submit(fixture, "low2", "LOW");
    fixture.submit("normal1");
    submit(fixture, "high1", "high");
    submit(fixture, "normal2", "normal");
    submit(fixture, "high2", "High");
    assertThat(order(fixture.worker(0)))
        .containsExactly("busy", "high1", "high2", "normal1", "normal2", "low1", "low2");
    assertThat(fixture.meters.laneTimes().keySet()).containsExactlyInAnyOrder(Priority.values());
    assertThat(fixture.meters.laneTimes().get(Priority.NORMAL)).hasSize(3);
  }

  @Test
  void aRequestIsLiftedByOneLaneForEachAgeingTimeThatItHasWaited() {
    PoolFixture fixture = PoolFixture.ready(1, lanes(1));
    fixture.submit("busy");
    submit(fixture, "low", "low");
    fixture.advance(AGEING);
    submit(fixture, "normal", "normal");
    submit(fixture, "high1", "high");
    fixture.advance(AGEING);
    submit(fixture, "high2", "high");
    assertThat(order(fixture.worker(0))).containsExactly("busy", "high1", "low", "normal", "high2");
  }

  @Test
  void aWindowIsCountedFromTheOldestRequestInAnyLane() {
    PoolFixture fixture = PoolFixture.ready(1, lanes(4).maxBatchDelay(Duration.ofMillis(100)));
    submit(fixture, "low", "low");
    fixture.advance(Duration.ofMillis(60));
    submit(fixture, "high", "high");
    fixture.advance(Duration.ofMillis(39));
    assertThat(fixture.worker(0).runs()).isEmpty();
    fixture.advance(Duration.ofMillis(1));
    assertThat(fixture.worker(0).oldest().texts()).containsExactly("high", "low");
  }

  @Test
  void aFullWindowTakesTheMostUrgent() {
    PoolFixture fixture = PoolFixture.ready(1, lanes(2).maxBatchDelay(Duration.ofMillis(100)));
    fixture.enqueue("low", request -> request.header("X-Priority", "low"));
    fixture.enqueue("normal", request -> request);
    fixture.enqueue("high", request -> request.header("x-priority", "high"));
    fixture.loop.runReady();
    assertThat(fixture.worker(0).oldest().texts()).containsExactly("high", "normal");
  }

  @Test
  void aClientThatLeavesItsLaneIsNeverRun() {
    PoolFixture fixture = PoolFixture.ready(1, lanes(1));
    fixture.submit("busy");
    RecordingSink first = submit(fixture, "high", "high");
    submit(fixture, "low", "low");
    fixture.leave(first);
    assertThat(order(fixture.worker(0))).containsExactly("busy", "low");
    assertThat(fixture.bodies.unreleased()).isEmpty();
  }

  @Test
  void matesOfALostWorkerGoBackToTheHeadOfTheirLanes() {
    PoolFixture fixture = PoolFixture.ready(1, lanes(4));
    fixture.enqueue("low", request -> request.header("X-Priority", "low"));
    fixture.enqueue("high", request -> request.header("X-Priority", "high"));
    fixture.loop.runReady();
    submit(fixture, "later", "high");
    fixture.worker(0).exit(1);
    fixture.advance(Duration.ofSeconds(1));
    assertThat(order(fixture.worker(1))).containsExactly("high", "later", "low");
  }

  @Test
  void anUnknownPriorityIsRefusedWithTheKnownOnes() {
    PoolFixture fixture = PoolFixture.ready(1, lanes(1));
    RecordingSink sink = submit(fixture, "a", "urgent\u0007");
    assertThat(sink.failure().kind()).isEqualTo(ErrorKind.BAD_REQUEST);
    assertThat(sink.failure().message())
        .isEqualTo("X-Priority: urgent? (expected: high, normal or low)");
    assertThat(fixture.meters.failures()).containsEntry(ErrorKind.BAD_REQUEST, 1);
    assertThat(fixture.bodies.unreleased()).isEmpty();
  }

  @Test
  void aModelWithoutLanesDoesNotLookAtThePriority() {
    PoolFixture fixture = PoolFixture.ready(1, ModelOverrides.builder());
    fixture.submit("busy");
    submit(fixture, "low", "low");
    submit(fixture, "odd", "urgent");
    submit(fixture, "high", "high");
    assertThat(order(fixture.worker(0))).containsExactly("busy", "low", "odd", "high");
    assertThat(fixture.meters.laneTimes()).isEmpty();
  }

  /** A batcher under random load, with what it may do next known from the outside. */
  private static final class RandomLoad {
    final Random random;
    final Batcher batcher;
    final PoolFixture bodies = new PoolFixture(ModelOverrides.builder());
    final List<Job> waiting = new ArrayList<>();
    final Set<Job> run = new HashSet<>();
    final long ageing;
    long now = Long.MAX_VALUE - 500;
    int made;

    RandomLoad(long seed) {
      random = new Random(seed);
      ageing = 1 + random.nextInt(50);
      ModelOverrides.Builder options =
          ModelOverrides.builder()
              .batchSize(1 + random.nextInt(4))
              .jobQueueSize(1000)
              .priorityAgeing(Duration.ofNanos(ageing));
      if (random.nextBoolean()) {
        options.maxBatchDelay(Duration.ofNanos(1 + random.nextInt(30)));
      }
      batcher = QueueBatcher.of(Configs.spec(options));
    }

    void arrive() {
      Priority priority = Priority.values()[random.nextInt(3)];
      Requests request = Requests.of(made++, bodies.bodies.body("x"));
      Job job = new Job(request.build(), new RecordingSink(), now, Long.MAX_VALUE, priority);
      assertThat(batcher.offer(job)).isTrue();
      waiting.add(job);
    }

    void leave() {
      if (!waiting.isEmpty()) {
        Job gone = waiting.remove(random.nextInt(waiting.size()));
        gone.end();
        batcher.cancelled(gone);
      }
    }

    long rank(Job job) {
      return job.arrivalNanos() - now + job.priority().lanesAbove() * ageing;
    }

    void dispatch() {
      if (!(batcher.next(now, ASKER, 1 + random.nextInt(2))
          instanceof Decision.Dispatch dispatch)) {
        return;
      }
      for (Job job : dispatch.jobs()) {
        assertThat(run.add(job)).as("runs once").isTrue();
        assertThat(waiting.remove(job)).as("waits and has not left").isTrue();
        assertThat(waiting).allMatch(other -> rank(job) <= rank(other));
        assertThat(waiting)
            .filteredOn(other -> other.priority() == job.priority())
            .allMatch(other -> other.request().id() > job.request().id());
      }
      if (random.nextInt(5) == 0) {
        dispatch.jobs().forEach(Job::requeued);
        batcher.requeue(dispatch.jobs());
        dispatch.jobs().forEach(run::remove);
        waiting.addAll(dispatch.jobs());
      }
    }
  }

  @Test
  void whateverComesEveryRequestRunsOnceAndInOrderOfItsLane() {
    for (long seed = 0; seed < 200; seed++) {
      RandomLoad load = new RandomLoad(seed);
      for (int i = 0; i < 150; i++) {
        int dice = load.random.nextInt(10);
        if (dice < 5) {
          load.arrive();
        } else if (dice == 5) {
          load.leave();
        } else {
          load.dispatch();
        }
        load.now += load.random.nextInt(20);
        assertThat(load.batcher.size()).isEqualTo(load.waiting.size());
      }
      for (int i = 0; i < 10_000 && !load.waiting.isEmpty(); i++) {
        load.now += 50;
        load.dispatch();
      }
      assertThat(load.waiting).as("seed %s: requests that never ran", seed).isEmpty();
      assertThat(load.batcher.next(load.now, ASKER, 1)).isSameAs(Decision.IDLE);
    }
  }

  @Test
  void aLowRequestRunsHoweverManyUrgentOnesCome() {
    PoolFixture fixture = PoolFixture.ready(1, lanes(1));
    fixture.submit("busy");
    RecordingSink low = submit(fixture, "low", "low");
    int runs = 0;
    while (!low.ended() && runs < 100) {
      submit(fixture, "high", "high");
      fixture.advance(Duration.ofMillis(100));
      fixture.worker(0).answer();
      runs++;
    }
    assertThat(runs).isBetween(20, 23);
  }

  @Test
  void drainingGivesAllLanesBackInTheOrderOfRuns() {
    Batcher batcher = QueueBatcher.of(Configs.spec(lanes(2)));
    PoolFixture fixture = new PoolFixture(ModelOverrides.builder());
    for (Priority priority : List.of(Priority.LOW, Priority.HIGH, Priority.NORMAL)) {
      Requests request = Requests.of(priority.lanesAbove(), fixture.bodies.body("x"));
      batcher.offer(new Job(request.build(), new RecordingSink(), 0, Long.MAX_VALUE, priority));
    }
    assertThat(batcher.drain()).extracting(job -> job.request().id()).containsExactly(0L, 1L, 2L);
    assertThat(batcher.size()).isZero();
  }
}
