package ai.mariner.core.queue;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.testing.BodyLedger;
import ai.mariner.core.testing.FakeLauncher;
import ai.mariner.core.testing.FakeLoop;
import ai.mariner.core.testing.FakeWorker;
import ai.mariner.core.worker.WorkerError;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * One random history of models that share processes: what {@link RandomHistory} is for one pool.
 * Beside what must always hold there, a process has runs of one model at a time.
 */
final class GroupHistory extends History {
  private static final int MODELS = 4;

  private final GroupFixture fixture = new GroupFixture();
  private final List<GroupFixture.Model> models = new ArrayList<>();
  private final int[] submitted = new int[MODELS];
  private final Set<GroupFixture.Model> closed = new HashSet<>();

  GroupHistory(long seed) {
    super(seed);
    fixture.launcher.each(this::startProcess);
    for (int i = 0; i < MODELS; i++) {
      models.add(fixture.model("m" + i, random.nextInt(3), options()));
      asked.add(models.get(i).resized);
    }
  }

  @Override
  FakeLoop loop() {
    return fixture.loop;
  }

  @Override
  FakeLauncher launcher() {
    return fixture.launcher;
  }

  @Override
  BodyLedger bodies() {
    return fixture.bodies;
  }

  private ModelOverrides.Builder options() {
    ModelOverrides.Builder options = options(1 + random.nextInt(4));
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

  @Override
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
      withAnyClient(client -> client.sink().leave());
    } else if (dice < 175) {
      processActs();
    } else if (dice < 178) {
      GroupFixture.Model model = pick(models);
      asked.add(model.resize(random.nextInt(4)));
    } else if (dice == 178 && closed.size() < MODELS - 1 && random.nextInt(10) == 0) {
      GroupFixture.Model model = pick(models);
      closed.add(model);
      asked.add(model.close(Duration.ofSeconds(random.nextInt(20))));
    } else {
      passTime();
    }
    turnLoop();
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
    FakeWorker process = pick(alive);
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

  @Override
  void check() {
    checkClients();
    processesAtWork()
        .forEach(
            process ->
                assertThat(
                        process.openRuns().stream()
                            .flatMap(run -> run.texts().stream())
                            .map(text -> text.substring(0, 2))
                            .distinct())
                    .as("models at work in one process")
                    .hasSizeLessThanOrEqualTo(1));
  }

  @Override
  void prepare(FakeWorker process) {
    process.connectAndLoadAll();
  }

  private void recover() {
    fixture.launcher.each(FakeWorker::connectAndLoadAll);
    for (GroupFixture.Model model : models) {
      if (!closed.contains(model)) {
        asked.add(model.resize(1));
      }
    }
    finishRequests(300);
  }

  private void finish() {
    for (GroupFixture.Model model : models) {
      if (!closed.contains(model)) {
        assertThat(model.ready()).as("a ready worker of %s in the end", model.key).isTrue();
        asked.add(model.close(Duration.ZERO));
      }
    }
    checkNothingIsLeft();
    for (int i = 0; i < MODELS; i++) {
      var meters = models.get(i).meters;
      assertThat(meters.answers() + meters.failureCount()).isEqualTo(submitted[i]);
    }
  }
}
