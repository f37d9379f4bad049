package ai.mariner.core.queue;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.RetryOnWorkerLoss;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.testing.FakeWorker;
import ai.mariner.core.testing.RecordingSink;
import ai.mariner.core.worker.WorkerError;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * One random history of models that share processes: what {@link RandomHistory} is for one pool.
 * Beside what must always hold there, a process has runs of one model at a time.
 */
final class GroupHistory {
  private static final int MODELS = 4;

  private final Random random;
  private final GroupFixture fixture = new GroupFixture();
  private final List<GroupFixture.Model> models = new ArrayList<>();
  private final List<Client> open = new ArrayList<>();
  private final List<CompletableFuture<Void>> waited = new ArrayList<>();
  private final int[] submitted = new int[MODELS];
  private final Set<GroupFixture.Model> closed = new HashSet<>();

  /** A request of a model. */
  private record Client(String text, RecordingSink sink) {}

  GroupHistory(long seed) {
    random = new Random(seed);
    fixture.launcher.each(this::startProcess);
    for (int i = 0; i < MODELS; i++) {
      models.add(fixture.model("m" + i, random.nextInt(3), options()));
      waited.add(models.get(i).resized);
    }
  }

  private ModelOverrides.Builder options() {
    ModelOverrides.Builder options =
        ModelOverrides.builder()
            .batchSize(1 + random.nextInt(4))
            .jobQueueSize(1 + random.nextInt(20))
            .responseTimeout(Duration.ofSeconds(1 + random.nextInt(20)))
            .startupTimeout(Duration.ofSeconds(1 + random.nextInt(60)))
            .retryOnWorkerLoss(
                RetryOnWorkerLoss.values()[random.nextInt(RetryOnWorkerLoss.values().length)]);
    if (random.nextInt(3) == 0) {
      options.maxBatchDelay(Duration.ofMillis(1 + random.nextInt(300)));
    }
    if (random.nextInt(4) == 0) {
      options.idleUnload(Duration.ofSeconds(1 + random.nextInt(20)));
    }
    return options;
  }

  private void startProcess(FakeWorker worker) {
    int dice = random.nextInt(20);
    if (dice == 0) {
      worker.exit(1);
    } else if (dice == 1) {
      worker.hang();
    } else if (dice < 6) {
      worker.connect();
    } else {
      worker.connectAndLoadAll();
    }
  }

  /** Plays so many steps, then lets healthy processes finish the rest, then closes. */
  void play(int steps) {
    for (int i = 0; i < steps; i++) {
      step();
      check();
    }
    recover();
    finish();
  }

  private void step() {
    int dice = random.nextInt(200);
    if (dice < 80) {
      submit();
    } else if (dice < 88) {
      if (!open.isEmpty()) {
        open.get(random.nextInt(open.size())).sink().leave();
      }
    } else if (dice < 175) {
      processActs();
    } else if (dice < 178) {
      GroupFixture.Model model = models.get(random.nextInt(MODELS));
      waited.add(model.resize(random.nextInt(4)));
    } else if (dice == 178 && closed.size() < MODELS - 1 && random.nextInt(10) == 0) {
      GroupFixture.Model model = models.get(random.nextInt(MODELS));
      closed.add(model);
      waited.add(model.close(Duration.ofSeconds(random.nextInt(20))));
    } else {
      fixture.advance(Duration.ofNanos((long) Math.pow(10, 3 + random.nextDouble() * 7)));
    }
    if (random.nextInt(4) != 0) {
      fixture.loop.runReady();
    } else {
      for (int i = random.nextInt(4); i > 0; i--) {
        fixture.loop.runOne();
      }
    }
  }

  private void submit() {
    int model = random.nextInt(MODELS);
    String text = "m" + model + ":" + submitted[model]++;
    open.add(new Client(text, models.get(model).enqueue(text, request -> request)));
  }

  private void processActs() {
    List<FakeWorker> alive = fixture.launcher.alive();
    if (alive.isEmpty()) {
      return;
    }
    FakeWorker process = alive.get(random.nextInt(alive.size()));
    if (process.openRuns().isEmpty() || random.nextInt(60) == 0) {
      idleProcessActs(process);
      return;
    }
    switch (random.nextInt(60)) {
      case 0 -> process.exit(139);
      case 1 -> process.answerAndBeSpent();
      case 2 -> process.fail(WorkerError.HANDLER_EXCEPTION, "error");
      case 3 -> process.end(List.of());
      case 4 -> process.loadSlowly();
      default -> process.answer();
    }
  }

  private void idleProcessActs(FakeWorker process) {
    switch (random.nextInt(80)) {
      case 0 -> process.exit(random.nextInt(256));
      case 1 -> process.dieBySignal(9);
      case 2 -> process.disconnect();
      case 3 -> process.hang();
      case 4 -> process.hangInKernel();
      case 5 -> process.failLoad(WorkerError.LOAD_FAILED, "no");
      case 6 -> process.loadSlowly();
      case 7 -> process.load();
      default -> process.connectAndLoadAll();
    }
  }

  private void check() {
    for (int i = open.size() - 1; i >= 0; i--) {
      Client client = open.get(i);
      if (client.sink().ended()) {
        if (client.sink().reply() != null) {
          assertThat(client.sink().answer()).isEqualTo("echo:" + client.text());
        } else {
          assertThat(client.sink().failure().kind()).isNotEqualTo(ErrorKind.INTERNAL);
        }
        open.remove(i);
      }
    }
    for (FakeWorker process : fixture.launcher.alive()) {
      if (process.isLinked() && !process.wasKilled() && !process.wasAskedForStacks()) {
        assertThat(
                process.openRuns().stream()
                    .flatMap(run -> run.texts().stream())
                    .map(text -> text.substring(0, 2))
                    .distinct())
            .as("models at work in one process")
            .hasSizeLessThanOrEqualTo(1);
      }
    }
  }

  private void recover() {
    fixture.launcher.each(FakeWorker::connectAndLoadAll);
    for (GroupFixture.Model model : models) {
      if (!closed.contains(model)) {
        waited.add(model.resize(1));
      }
    }
    for (int i = 0; i < 300 && !(open.isEmpty() && i > 150); i++) {
      fixture.advance(Duration.ofSeconds(1));
      for (FakeWorker process : fixture.launcher.alive()) {
        if (process.isLinked()) {
          process.connectAndLoadAll();
        }
        while (process.isLinked() && !process.openRuns().isEmpty()) {
          process.answer();
        }
      }
      check();
    }
    assertThat(open).as("requests that never ended").isEmpty();
  }

  private void finish() {
    for (GroupFixture.Model model : models) {
      if (!closed.contains(model)) {
        assertThat(model.ready()).as("a ready worker of %s in the end", model.key).isTrue();
        waited.add(model.close(Duration.ZERO));
      }
    }
    fixture.advance(Duration.ofSeconds(30));
    assertThat(waited).allSatisfy(done -> assertThat(done).isDone());
    assertThat(fixture.launcher.alive())
        .allSatisfy(process -> assertThat(process.wasKilled()).isTrue());
    assertThat(fixture.bodies.unreleased()).as("bodies that nobody released").isEmpty();
    for (int i = 0; i < MODELS; i++) {
      var meters = models.get(i).meters;
      assertThat(meters.answers() + meters.failureCount()).isEqualTo(submitted[i]);
    }
    assertThat(fixture.loop.waitingTimers()).as("timers that nobody needs").isZero();
  }
}
