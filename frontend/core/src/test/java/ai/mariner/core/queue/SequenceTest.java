package ai.mariner.core.queue;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.Profile;
import ai.mariner.core.config.ProgramOptions;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.Sequence;
import ai.mariner.core.testing.Configs;
import ai.mariner.core.testing.FakeWorker;
import ai.mariner.core.testing.RecordingSink;
import ai.mariner.core.testing.Requests;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Requests that form sequences: one process each, in order, one at a time. */
class SequenceTest {
  private static final Duration RESTART = Duration.ofSeconds(31);

  private static ModelOverrides.Builder stateful(int batchSize) {
    return ModelOverrides.builder()
        .batchSize(batchSize)
        .set(ProgramOptions.SEQUENCE_BATCHING, true)
        .set(ProgramOptions.MAX_SEQUENCE_JOB_QUEUE_SIZE, 10);
  }

  private static RecordingSink begin(PoolFixture fixture, String id, String text) {
    return fixture.enqueue(text, request -> request.sequence(id, true, false));
  }

  private static RecordingSink more(PoolFixture fixture, String id, String text) {
    return fixture.enqueue(text, request -> request.sequence(id, false, false));
  }

  private static RecordingSink last(PoolFixture fixture, String id, String text) {
    return fixture.enqueue(text, request -> request.sequence(id, false, true));
  }

  private static Failure told(PoolFixture fixture, RecordingSink sink) {
    fixture.loop.runReady();
    return sink.failure();
  }

  private static FakeWorker workerWith(PoolFixture fixture, String text) {
    for (FakeWorker worker : fixture.launcher.alive()) {
      if (worker.openRuns().stream().anyMatch(run -> run.texts().contains(text))) {
        return worker;
      }
    }
    throw new AssertionError("no worker has " + text);
  }

  @Test
  void theRequestsOfASequenceRunInOneWorkerInTheirOrderOneAtATime() {
    PoolFixture fixture = PoolFixture.ready(2, stateful(4));
    List<RecordingSink> sinks = new ArrayList<>();
    sinks.add(begin(fixture, "a", "a1"));
    sinks.add(more(fixture, "a", "a2"));
    sinks.add(more(fixture, "a", "a3"));
    fixture.loop.runReady();
    FakeWorker worker = workerWith(fixture, "a1");
    for (String text : List.of("a1", "a2", "a3")) {
      assertThat(worker.openRuns()).hasSize(1);
      assertThat(worker.oldest().texts()).containsExactly(text);
      worker.answer();
    }
    assertThat(sinks).allSatisfy(sink -> assertThat(sink.answer()).startsWith("echo:"));
    assertThat(fixture.bodies.unreleased()).isEmpty();
  }

  @Test
  void aBatchJoinsTheHeadsOfSequences() {
    PoolFixture fixture = PoolFixture.ready(1, stateful(3));
    for (String id : List.of("a", "b", "c")) {
      begin(fixture, id, id + "1");
      more(fixture, id, id + "2");
    }
    fixture.loop.runReady();
    FakeWorker worker = fixture.worker(0);
    assertThat(worker.oldest().texts()).containsExactly("a1", "b1", "c1");
    worker.answer();
    assertThat(worker.oldest().texts()).containsExactly("a2", "b2", "c2");
    worker.answer();
    assertThat(fixture.bodies.unreleased()).isEmpty();
  }

  @Test
  void newSequencesSpreadOverTheWorkersAndStayThere() {
    PoolFixture fixture = PoolFixture.ready(2, stateful(2));
    for (String id : List.of("a", "b", "c", "d")) {
      begin(fixture, id, id + "1");
    }
    fixture.loop.runReady();
    Map<String, FakeWorker> owners = new HashMap<>();
    for (String id : List.of("a", "b", "c", "d")) {
      owners.put(id, workerWith(fixture, id + "1"));
    }
    assertThat(fixture.worker(0).oldest().texts()).hasSize(2);
    assertThat(fixture.worker(1).oldest().texts()).hasSize(2);
    fixture.worker(0).answer();
    fixture.worker(1).answer();
    for (String id : List.of("a", "b", "c", "d")) {
      more(fixture, id, id + "2");
      fixture.loop.runReady();
      assertThat(workerWith(fixture, id + "2")).isSameAs(owners.get(id));
      owners.get(id).answer();
    }
  }

  @Test
  void aSequenceWaitsForItsOwnWorkerThoughAnotherIsIdle() {
    PoolFixture fixture = PoolFixture.ready(2, stateful(1));
    begin(fixture, "a", "a1");
    fixture.loop.runReady();
    FakeWorker owner = workerWith(fixture, "a1");
    RecordingSink second = more(fixture, "a", "a2");
    fixture.loop.runReady();
    assertThat(second.ended()).isFalse();
    assertThat(owner.openRuns()).hasSize(1);
    owner.answer();
    assertThat(owner.oldest().texts()).containsExactly("a2");
  }

  @Test
  void aNewSequenceIsRefusedAtOnceWhenAllAreTaken() {
    PoolFixture fixture = PoolFixture.ready(1, stateful(2));
    begin(fixture, "a", "a1");
    begin(fixture, "b", "b1");
    RecordingSink refused = begin(fixture, "c", "c1");
    assertThat(told(fixture, refused).kind()).isEqualTo(ErrorKind.QUEUE_FULL);
    assertThat(told(fixture, refused).message()).contains("2 are open (maxNumSequence)");
    fixture.loop.runReady();
    fixture.worker(0).answer();
    last(fixture, "a", "a2");
    fixture.loop.runReady();
    fixture.worker(0).answer();
    RecordingSink taken = begin(fixture, "c", "c1");
    fixture.loop.runReady();
    fixture.worker(0).answer();
    assertThat(taken.answer()).isEqualTo("echo:c1");
    assertThat(fixture.bodies.unreleased()).isEmpty();
  }

  @Test
  void theQueueOfASequenceHasABoundOfItsOwn() {
    PoolFixture fixture =
        PoolFixture.ready(1, stateful(2).set(ProgramOptions.MAX_SEQUENCE_JOB_QUEUE_SIZE, 1));
    begin(fixture, "a", "a1");
    more(fixture, "a", "a2");
    RecordingSink refused = more(fixture, "a", "a3");
    assertThat(told(fixture, refused).kind()).isEqualTo(ErrorKind.QUEUE_FULL);
    assertThat(told(fixture, refused).message()).contains("maxSequenceJobQueueSize: 1");
    fixture.loop.runReady();
    fixture.worker(0).answer();
    assertThat(fixture.worker(0).oldest().texts()).containsExactly("a2");
  }

  @Test
  void aRequestOfAnUnknownSequenceIsRefusedUnlessItBeginsOne() {
    PoolFixture fixture = PoolFixture.ready(1, stateful(2));
    RecordingSink refused = more(fixture, "never", "x");
    assertThat(told(fixture, refused).kind()).isEqualTo(ErrorKind.BAD_REQUEST);
    assertThat(told(fixture, refused).message())
        .contains("no sequence \"never\"", "ts_request_sequence_start");
  }

  @Test
  void inTorchservesMannerAnUnknownIdBeginsASequenceAndTheHandlerIsTold() {
    PoolFixture fixture = PoolFixture.ready(1, stateful(2));
    SequenceBatcher batcher =
        new SequenceBatcher(
            PoolFixture.KEY,
            SequenceLimits.of(Configs.spec(stateful(2))),
            SequencePolicy.of(Profile.TORCHSERVE),
            () -> 1);
    InferenceRequest request =
        Requests.of(1, fixture.bodies.body("x")).sequence("new", false, false).build();
    assertThat(batcher.placed(request).sequence()).isEqualTo(new Sequence("new", true, false));
    request.release();
  }

  @Test
  void aModelWithoutStateTakesNoSequences() {
    PoolFixture fixture = PoolFixture.ready(1, 1);
    RecordingSink refused = begin(fixture, "a", "a1");
    assertThat(told(fixture, refused).kind()).isEqualTo(ErrorKind.UNSUPPORTED);
    assertThat(fixture.bodies.unreleased()).isEmpty();
  }

  @Test
  void headersSayTheSequenceWhereTheProtocolDoesNot() {
    PoolFixture fixture = PoolFixture.ready(1, stateful(2));
    RecordingSink first =
        fixture.submit(
            "h1",
            request ->
                request
                    .header("ts_request_sequence_id", "h")
                    .header("ts_request_sequence_start", "true"));
    fixture.worker(0).answer();
    RecordingSink second = more(fixture, "h", "h2");
    fixture.loop.runReady();
    fixture.worker(0).answer();
    assertThat(first.answer()).isEqualTo("echo:h1");
    assertThat(second.answer()).isEqualTo("echo:h2");
  }

  @Test
  void aRequestWithoutAnIdBeginsASequence() {
    PoolFixture fixture = PoolFixture.ready(1, stateful(1));
    RecordingSink sink = fixture.submit("plain");
    fixture.worker(0).answer();
    assertThat(sink.answer()).isEqualTo("echo:plain");
    assertThat(fixture.submit("another").failure().message()).contains("maxNumSequence");
  }

  @Test
  void theClientsFlagEndsASequenceAfterItsRequest() {
    PoolFixture fixture = PoolFixture.ready(1, stateful(2));
    begin(fixture, "a", "a1");
    last(fixture, "a", "a2");
    RecordingSink late = more(fixture, "a", "a3");
    assertThat(told(fixture, late).message()).contains("is ending");
    fixture.loop.runReady();
    fixture.worker(0).answer();
    fixture.worker(0).answer();
    assertThat(told(fixture, more(fixture, "a", "a4")).kind()).isEqualTo(ErrorKind.BAD_REQUEST);
  }

  @Test
  void theHandlersWordEndsASequenceAndWhatWaitsInIt() {
    PoolFixture fixture = PoolFixture.ready(1, stateful(2));
    RecordingSink first = begin(fixture, "a", "a1");
    RecordingSink second = more(fixture, "a", "a2");
    fixture.loop.runReady();
    fixture.worker(0).answerWith("ts_request_sequence_end", "true");
    assertThat(first.answer()).isEqualTo("echo:a1");
    assertThat(second.failure().kind()).isEqualTo(ErrorKind.SEQUENCE_LOST);
    assertThat(second.failure().message()).contains("its handler has ended it");
    assertThat(told(fixture, more(fixture, "a", "a3")).kind()).isEqualTo(ErrorKind.BAD_REQUEST);
    assertThat(fixture.bodies.unreleased()).isEmpty();
  }

  @Test
  void theHandlerMayNameTheSequencesThatEnd() {
    PoolFixture fixture = PoolFixture.ready(1, stateful(2));
    begin(fixture, "a", "a1");
    begin(fixture, "b", "b1");
    fixture.loop.runReady();
    fixture.worker(0).answerWith("ts_request_sequence_end", "a;b");
    assertThat(told(fixture, more(fixture, "a", "a2")).kind()).isEqualTo(ErrorKind.BAD_REQUEST);
    assertThat(told(fixture, more(fixture, "b", "b2")).kind()).isEqualTo(ErrorKind.BAD_REQUEST);
  }

  @Test
  void aSequenceEndsAfterItsLongestPause() {
    PoolFixture fixture =
        PoolFixture.ready(
            1, stateful(1).set(ProgramOptions.SEQUENCE_MAX_IDLE, Duration.ofSeconds(2)));
    begin(fixture, "a", "a1");
    fixture.loop.runReady();
    fixture.advance(Duration.ofSeconds(3));
    fixture.worker(0).answer();
    fixture.advance(Duration.ofMillis(1900));
    RecordingSink inTime = more(fixture, "a", "a2");
    fixture.loop.runReady();
    fixture.worker(0).answer();
    assertThat(inTime.answer()).isEqualTo("echo:a2");
    fixture.advance(Duration.ofMillis(2000));
    assertThat(told(fixture, more(fixture, "a", "a3")).kind()).isEqualTo(ErrorKind.BAD_REQUEST);
    RecordingSink next = begin(fixture, "b", "b1");
    fixture.loop.runReady();
    fixture.worker(0).answer();
    assertThat(next.answer()).isEqualTo("echo:b1");
  }

  @Test
  void aSequenceThatIsTooOldEndsWithWhatWaitsInIt() {
    PoolFixture fixture =
        PoolFixture.ready(
            1, stateful(1).set(ProgramOptions.SEQUENCE_TIMEOUT, Duration.ofSeconds(5)));
    RecordingSink running = begin(fixture, "a", "a1");
    RecordingSink waiting = more(fixture, "a", "a2");
    fixture.advance(Duration.ofSeconds(5));
    assertThat(told(fixture, waiting).kind()).isEqualTo(ErrorKind.SEQUENCE_LOST);
    assertThat(told(fixture, waiting).message()).contains("sequenceTimeoutMSec");
    assertThat(running.ended()).isFalse();
    fixture.worker(0).answer();
    assertThat(running.answer()).isEqualTo("echo:a1");
    assertThat(fixture.bodies.unreleased()).isEmpty();
  }

  @Test
  void aLostWorkerEndsItsSequencesAndNothingRunsAgain() {
    PoolFixture fixture = PoolFixture.ready(2, stateful(2));
    RecordingSink running = begin(fixture, "a", "a1");
    RecordingSink waiting = more(fixture, "a", "a2");
    RecordingSink other = begin(fixture, "b", "b1");
    fixture.loop.runReady();
    FakeWorker owner = workerWith(fixture, "a1");
    FakeWorker healthy = workerWith(fixture, "b1");
    owner.exit(1);
    for (RecordingSink sink : List.of(running, waiting)) {
      assertThat(sink.failure().kind()).isEqualTo(ErrorKind.SEQUENCE_LOST);
      assertThat(sink.failure().message()).contains("its worker was lost", "exit");
    }
    healthy.answer();
    assertThat(other.answer()).isEqualTo("echo:b1");
    assertThat(fixture.meters.reruns()).isZero();
    fixture.advance(RESTART);
    assertThat(told(fixture, more(fixture, "a", "a3")).kind()).isEqualTo(ErrorKind.SEQUENCE_LOST);
    RecordingSink again = begin(fixture, "a", "new");
    fixture.loop.runReady();
    workerWith(fixture, "new").answer();
    assertThat(again.answer()).isEqualTo("echo:new");
    assertThat(fixture.bodies.unreleased()).isEmpty();
  }

  @Test
  void aSequenceThatWasLostInItsPauseIsToldAtItsNextRequest() {
    PoolFixture fixture = PoolFixture.ready(1, stateful(2));
    begin(fixture, "a", "a1");
    fixture.loop.runReady();
    fixture.worker(0).answer();
    fixture.worker(0).exit(1);
    fixture.advance(RESTART);
    RecordingSink told = more(fixture, "a", "a2");
    assertThat(told(fixture, told).kind()).isEqualTo(ErrorKind.SEQUENCE_LOST);
    assertThat(told(fixture, more(fixture, "a", "a3")).kind()).isEqualTo(ErrorKind.BAD_REQUEST);
  }

  @Test
  void aStoppedWorkerEndsItsSequences() {
    PoolFixture fixture = PoolFixture.ready(1, stateful(2));
    begin(fixture, "a", "a1");
    fixture.loop.runReady();
    fixture.worker(0).answer();
    fixture.resize(0);
    fixture.resize(1);
    assertThat(told(fixture, more(fixture, "a", "a2")).kind()).isEqualTo(ErrorKind.SEQUENCE_LOST);
  }

  @Test
  void aSequenceWhoseBeginningDidNotRunEnds() {
    PoolFixture fixture = PoolFixture.ready(1, stateful(1).set(ProgramOptions.MAX_NUM_SEQUENCE, 4));
    begin(fixture, "busy", "z");
    fixture.loop.runReady();
    RecordingSink first = begin(fixture, "a", "a1");
    RecordingSink second = more(fixture, "a", "a2");
    fixture.loop.runReady();
    fixture.leave(first);
    fixture.worker(0).answer();
    assertThat(second.failure().kind()).isEqualTo(ErrorKind.SEQUENCE_LOST);
    assertThat(fixture.worker(0).openRuns()).isEmpty();
    assertThat(fixture.bodies.unreleased()).isEmpty();
  }

  @Test
  void aRequestThatIsGivenUpWhileItRunsHoldsBackTheNextUntilItHasLeftTheWorker() {
    PoolFixture fixture = PoolFixture.ready(1, stateful(2));
    RecordingSink first = begin(fixture, "a", "a1");
    RecordingSink second = more(fixture, "a", "a2");
    fixture.loop.runReady();
    fixture.leave(first);
    assertThat(fixture.worker(0).openRuns()).hasSize(1);
    fixture.worker(0).answer();
    fixture.worker(0).answer();
    assertThat(second.answer()).isEqualTo("echo:a2");
    assertThat(fixture.bodies.unreleased()).isEmpty();
  }

  @Test
  void aWindowIsNotKeptForSequencesThatHaveNothingToAdd() {
    PoolFixture fixture = PoolFixture.ready(1, stateful(4).maxBatchDelay(Duration.ofMillis(50)));
    FakeWorker worker = fixture.worker(0);
    begin(fixture, "a", "a1");
    begin(fixture, "b", "b1");
    fixture.loop.runReady();
    assertThat(worker.oldest().texts()).containsExactly("a1", "b1");
    worker.answer();
    more(fixture, "a", "a2");
    fixture.loop.runReady();
    assertThat(worker.openRuns()).isEmpty();
    more(fixture, "b", "b2");
    fixture.loop.runReady();
    assertThat(worker.oldest().texts()).containsExactly("a2", "b2");
    worker.answer();
    more(fixture, "a", "a3");
    fixture.advance(Duration.ofMillis(50));
    assertThat(worker.oldest().texts()).containsExactly("a3");
  }

  @Test
  void aWorkerThatRunsSeveralAtOnceHasOneOfEachSequence() {
    PoolFixture fixture =
        PoolFixture.ready(1, stateful(4).set(ProgramOptions.CONTINUOUS_BATCHING, true));
    begin(fixture, "a", "a1");
    more(fixture, "a", "a2");
    begin(fixture, "b", "b1");
    fixture.loop.runReady();
    FakeWorker worker = fixture.worker(0);
    assertThat(worker.openRuns().stream().map(run -> run.texts().get(0)))
        .containsExactly("a1", "b1");
    worker.answer(worker.openRuns().get(0));
    assertThat(worker.openRuns().stream().map(run -> run.texts().get(0)))
        .containsExactly("b1", "a2");
  }

  /** Whatever happens, each request ends once, and a sequence runs in order in one process. */
  @Test
  void everyRequestEndsOnceInRandomHistories() {
    for (int seed = 0; seed < 60; seed++) {
      new History(seed).play();
    }
  }

  private static final class History {
    private final Random random;
    private final PoolFixture fixture;
    private final List<RecordingSink> sinks = new ArrayList<>();
    private int serial;

    History(int seed) {
      random = new Random(seed);
      ModelOverrides.Builder options =
          stateful(1 + random.nextInt(3))
              .set(ProgramOptions.MAX_NUM_SEQUENCE, 1 + random.nextInt(6))
              .responseTimeout(Duration.ofSeconds(1 + random.nextInt(5)));
      if (random.nextBoolean()) {
        options.set(ProgramOptions.SEQUENCE_MAX_IDLE, Duration.ofMillis(1 + random.nextInt(3000)));
      }
      if (random.nextBoolean()) {
        options.set(ProgramOptions.SEQUENCE_TIMEOUT, Duration.ofMillis(1 + random.nextInt(9000)));
      }
      if (random.nextInt(3) == 0) {
        options.set(ProgramOptions.CONTINUOUS_BATCHING, true);
      }
      fixture = PoolFixture.ready(1 + random.nextInt(3), options);
    }

    void play() {
      for (int i = 0; i < 150; i++) {
        step();
        inOneProcessInOrder();
      }
      for (int i = 0; i < 2000 && sinks.stream().anyMatch(sink -> !sink.ended()); i++) {
        fixture.launcher.alive().stream()
            .filter(worker -> !worker.openRuns().isEmpty())
            .forEach(FakeWorker::answer);
        fixture.advance(Duration.ofMillis(100));
      }
      assertThat(sinks).allMatch(RecordingSink::ended);
      fixture.close(Duration.ofSeconds(1));
      fixture.advance(Duration.ofMinutes(1));
      assertThat(fixture.bodies.unreleased()).isEmpty();
    }

    private void step() {
      int dice = random.nextInt(20);
      if (dice < 9) {
        String id = "s" + random.nextInt(5);
        boolean start = random.nextInt(3) == 0;
        boolean end = random.nextInt(6) == 0;
        String text = id + ":" + serial++;
        sinks.add(fixture.enqueue(text, request -> request.sequence(id, start, end)));
        if (random.nextBoolean()) {
          fixture.loop.runReady();
        }
      } else if (dice < 11 && !sinks.isEmpty()) {
        fixture.leave(sinks.get(random.nextInt(sinks.size())));
      } else if (dice < 17) {
        List<FakeWorker> busy =
            fixture.launcher.alive().stream()
                .filter(worker -> !worker.openRuns().isEmpty())
                .toList();
        if (!busy.isEmpty()) {
          FakeWorker worker = busy.get(random.nextInt(busy.size()));
          if (random.nextInt(8) == 0) {
            worker.exit(1);
          } else {
            worker.answer();
          }
        }
      } else {
        fixture.advance(Duration.ofMillis(random.nextInt(1500)));
      }
    }

    private void inOneProcessInOrder() {
      for (FakeWorker worker : fixture.launcher.alive()) {
        Map<String, Integer> seen = new HashMap<>();
        for (FakeWorker.SentRun run : worker.runs()) {
          for (String text : run.texts()) {
            String[] words = text.split(":");
            Integer before = seen.put(words[0], Integer.valueOf(words[1]));
            assertThat(before == null || before < Integer.parseInt(words[1])).isTrue();
          }
        }
      }
    }
  }
}
