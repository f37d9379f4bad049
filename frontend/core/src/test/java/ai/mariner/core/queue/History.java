package ai.mariner.core.queue;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.RetryOnWorkerLoss;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.testing.BodyLedger;
import ai.mariner.core.testing.FakeLauncher;
import ai.mariner.core.testing.FakeLoop;
import ai.mariner.core.testing.FakeWorker;
import ai.mariner.core.testing.RecordingSink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * A random history in virtual time: its clock, its clients, and what must be true of any of them
 * after each step and when all is over. The same seed is the same history.
 */
abstract class History {
  /** What happens. */
  final Random random;

  /** Requests that have not ended. */
  final List<Client> open = new ArrayList<>();

  /** What was asked of pools and must be done in the end. */
  final List<CompletableFuture<Void>> asked = new ArrayList<>();

  /** A request and what its client does. */
  record Client(String text, RecordingSink sink) {}

  History(long seed) {
    random = new Random(seed);
  }

  abstract FakeLoop loop();

  abstract FakeLauncher launcher();

  abstract BodyLedger bodies();

  /** Plays so many steps, then lets healthy workers finish the rest, then closes. */
  abstract void play(int steps);

  /** Checks what must hold after each step. */
  abstract void check();

  /** What a request of this text may be answered. */
  List<String> answersTo(String text) {
    return List.of("echo:" + text);
  }

  /** A process, well from now on, does what it has to do before it can answer. */
  void prepare(FakeWorker process) {}

  /** Options of a model, with most in a batch as given. */
  final ModelOverrides.Builder options(int batchSize) {
    return ModelOverrides.builder()
        .batchSize(batchSize)
        .jobQueueSize(1 + random.nextInt(20))
        .responseTimeout(Duration.ofSeconds(1 + random.nextInt(20)))
        .startupTimeout(Duration.ofSeconds(1 + random.nextInt(60)))
        .retryOnWorkerLoss(pick(RetryOnWorkerLoss.values()));
  }

  /** Lets between a microsecond and ten seconds pass. */
  final void passTime() {
    loop().advance(Duration.ofNanos((long) Math.pow(10, 3 + random.nextDouble() * 7)));
  }

  /** Runs what is ready on the loop, or only the first of it. */
  final void turnLoop() {
    if (random.nextInt(4) != 0) {
      loop().runReady();
    } else {
      for (int i = random.nextInt(4); i > 0; i--) {
        loop().runOne();
      }
    }
  }

  final void withAnyClient(Consumer<Client> deed) {
    if (!open.isEmpty()) {
      deed.accept(pick(open));
    }
  }

  /** Processes whose runs count: nobody has given them up. */
  final Stream<FakeWorker> processesAtWork() {
    return launcher().alive().stream()
        .filter(
            process -> process.isLinked() && !process.wasKilled() && !process.wasAskedForStacks());
  }

  /** Looks at what clients got; those whose request has ended are done. */
  final void checkClients() {
    for (int i = open.size() - 1; i >= 0; i--) {
      Client client = open.get(i);
      for (String piece : client.sink().pieces()) {
        assertThat(piece).isEqualTo("piece:" + client.text());
      }
      if (client.sink().ended()) {
        checkEnd(client);
        open.remove(i);
      }
    }
  }

  private void checkEnd(Client client) {
    if (client.sink().reply() != null) {
      assertThat(client.sink().answer()).isIn(answersTo(client.text()));
    } else {
      assertThat(client.sink().failure().kind()).isNotEqualTo(ErrorKind.INTERNAL);
    }
  }

  /** All workers answer and all clients read, for at most so many seconds. */
  final void finishRequests(int seconds) {
    for (int i = 0; i < seconds && !(open.isEmpty() && i > seconds / 2); i++) {
      loop().advance(Duration.ofSeconds(1));
      open.forEach(client -> client.sink().readAll());
      for (FakeWorker process : launcher().alive()) {
        if (process.isLinked()) {
          prepare(process);
        }
        while (process.isLinked() && !process.openRuns().isEmpty()) {
          process.answer();
        }
      }
      check();
    }
    assertThat(open).as("requests that never ended").isEmpty();
  }

  /** Checks that nothing is left once all pools are closed. */
  final void checkNothingIsLeft() {
    loop().advance(Duration.ofSeconds(30));
    assertThat(asked).allSatisfy(done -> assertThat(done).isDone());
    assertThat(launcher().alive()).allSatisfy(process -> assertThat(process.wasKilled()).isTrue());
    assertThat(bodies().unreleased()).as("bodies that nobody released").isEmpty();
    assertThat(loop().waitingTimers()).as("timers that nobody needs").isZero();
  }

  final <T> T pick(List<T> all) {
    return all.get(random.nextInt(all.size()));
  }

  final <T> T pick(T[] all) {
    return all[random.nextInt(all.length)];
  }
}
