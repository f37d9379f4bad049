package ai.mariner.core.queue;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.Autoscale;
import ai.mariner.core.config.BatchPolicy;
import ai.mariner.core.config.CacheLimits;
import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.ProgramOptions;
import ai.mariner.core.config.RateLimit;
import ai.mariner.core.config.WorkerLifespan;
import ai.mariner.core.message.Operation;
import ai.mariner.core.testing.BodyLedger;
import ai.mariner.core.testing.CountingMetrics;
import ai.mariner.core.testing.FakeLauncher;
import ai.mariner.core.testing.FakeLoop;
import ai.mariner.core.testing.FakeWorker;
import ai.mariner.core.testing.Requests;
import ai.mariner.core.worker.WorkerError;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * One random history of a pool: clients come, leave and read slowly, workers answer, stream, hang,
 * die and fail to load, operators scale, time passes.
 */
final class RandomHistory extends History {
  private static final String[] PRIORITIES = {"high", "normal", "low", "Low", "urgent"};

  private final PoolFixture fixture;
  private int submitted;
  private boolean closed;

  /** Whether requests come again, for a model with a cache. */
  private boolean repeats;

  /** Most runs at once in a process that runs several; 0: it runs in order. */
  private int concurrency;

  /** Whether requests have keys that keep batches apart. */
  private boolean keyed;

  RandomHistory(long seed) {
    super(seed);
    fixture = new PoolFixture(options());
    fixture.launcher.each(this::startProcess);
    asked.add(fixture.resize(1 + random.nextInt(3)));
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
    ModelOverrides.Builder options =
        options(random.nextInt(3) == 0 ? 1 : 1 + random.nextInt(5))
            .prepareAhead(random.nextInt(3) == 0);
    if (random.nextInt(4) == 0) {
      concurrency = 1 + random.nextInt(6);
      options
          .prepareAhead(false)
          .set(ProgramOptions.ASYNC_COMMUNICATION, true)
          .set(ProgramOptions.ASYNC_CONCURRENCY, concurrency);
    }
    if (random.nextInt(4) == 0) {
      keyed = true;
      options.set(ProgramOptions.BATCH_KEY, "X-Shape");
    }
    if (random.nextInt(3) == 0) {
      options.batchPolicy(BatchPolicy.WINDOW).maxBatchDelay(Duration.ofMillis(random.nextInt(300)));
    }
    if (random.nextInt(3) == 0) {
      repeats = true;
      options.responseCache(new CacheLimits(6000, Duration.ofMillis(1 + random.nextInt(5000))));
    }
    if (random.nextInt(3) == 0) {
      options.priorityAgeing(Duration.ofMillis(1 + random.nextInt(500)));
    }
    if (random.nextInt(5) == 0) {
      options.rateLimit(new RateLimit(1 + random.nextInt(100), 1 + random.nextInt(20)));
    }
    if (random.nextInt(4) == 0) {
      options.requestTimeout(Duration.ofMillis(1 + random.nextInt(5000)));
    }
    if (random.nextInt(3) == 0) {
      options.lifespan(
          new WorkerLifespan(
              random.nextBoolean() ? null : 1 + random.nextInt(40),
              random.nextBoolean() ? null : 100L << 20,
              random.nextBoolean() ? null : Duration.ofSeconds(1 + random.nextInt(100))));
    }
    if (random.nextInt(3) == 0) {
      options.workers(null, 1 + random.nextInt(5));
      options.autoscale(
          new Autoscale(
              Duration.ofMillis(random.nextInt(200)), Duration.ofSeconds(1 + random.nextInt(10))));
    }
    if (random.nextInt(4) == 0) {
      options.idleUnload(Duration.ofSeconds(1 + random.nextInt(20)));
    }
    return options;
  }

  @Override
  void play(int steps) {
    boolean closesEarly = random.nextInt(8) == 0;
    for (int i = 0; i < steps; i++) {
      step();
      check();
      if (closesEarly && i == steps / 2) {
        closed = true;
        asked.add(fixture.close(Duration.ofSeconds(random.nextInt(20))));
      }
    }
    recover();
    finish();
  }

  private void step() {
    int dice = random.nextInt(100);
    if (dice < 38) {
      submit();
    } else if (dice < 44) {
      withAnyClient(client -> client.sink().leave());
    } else if (dice < 48) {
      withAnyClient(client -> client.sink().stopReading(random.nextInt(2000)));
    } else if (dice < 54) {
      withAnyClient(client -> client.sink().readAll());
    } else if (dice < 88) {
      workerActs();
    } else if (dice < 89) {
      asked.add(pool(random.nextInt(4)));
    } else {
      passTime();
    }
    turnLoop();
  }

  private CompletableFuture<Void> pool(int workers) {
    return fixture.pool.resize(workers, Math.max(workers, 4)).toCompletableFuture();
  }

  private void submit() {
    String text = "r" + (repeats ? random.nextInt(12) : submitted);
    submitted++;
    int dice = random.nextInt(10);
    Client client =
        new Client(
            text,
            fixture.enqueue(
                text,
                request -> {
                  Requests made = dice < 3 ? request.streaming() : request;
                  made = made.header("X-Priority", pick(PRIORITIES));
                  made = made.header("X-Shape", shapeOf(text));
                  if (dice == 9) {
                    made =
                        made.timeout(Duration.ofMillis(random.nextInt(3) * random.nextInt(2000)));
                  }
                  return made.operation(
                      dice == 4
                          ? Operation.EXPLAIN
                          : dice == 5 ? Operation.DESCRIBE : Operation.PREDICT);
                }));
    if (random.nextInt(6) == 0 && !open.isEmpty()) {
      // An end may make another client leave in the same breath.
      Client other = open.get(open.size() - 1 - random.nextInt(Math.min(4, open.size())));
      client.sink().whenEnded(other.sink()::leave);
      other.sink().whenEnded(client.sink()::leave);
    }
    open.add(client);
  }

  private static String shapeOf(String text) {
    return "shape" + text.hashCode() % 3;
  }

  private void startProcess(FakeWorker worker) {
    int dice = random.nextInt(20);
    if (dice == 0) {
      worker.exit(1);
    } else if (dice == 1) {
      worker.connect();
      worker.failLoad(WorkerError.LOAD_FAILED, "no");
    } else if (dice == 2) {
      worker.hang();
    } else if (dice < 6) {
      worker.connect();
    } else {
      worker.connectAndLoad();
    }
  }

  private void workerActs() {
    List<FakeWorker> alive = fixture.launcher.alive();
    if (alive.isEmpty()) {
      return;
    }
    FakeWorker worker = pick(alive);
    if (worker.openRuns().isEmpty() || random.nextInt(40) == 0) {
      idleWorkerActs(worker);
    } else {
      busyWorkerActs(worker);
    }
  }

  private void idleWorkerActs(FakeWorker worker) {
    switch (random.nextInt(60)) {
      case 5 -> fixture.memory.resident(worker.pid(), random.nextLong(150L << 20));
      case 6 -> fixture.memory.host(random.nextLong(400L << 20), 1L << 30);
      case 0 -> worker.exit(random.nextInt(256));
      case 1 -> worker.dieBySignal(9);
      case 2 -> worker.disconnect();
      case 3 -> worker.hang();
      case 4 -> worker.hangInKernel();
      default -> worker.connectAndLoad();
    }
  }

  private void busyWorkerActs(FakeWorker worker) {
    FakeWorker.SentRun run = worker.oldest();
    long item = pick(run.items()).id();
    int dice = random.nextInt(40);
    switch (dice) {
      case 0 -> worker.exit(139);
      case 1 -> worker.answerAndBeSpent();
      case 2 -> worker.fail(pick(WorkerError.values()), "error");
      case 3 -> worker.end(List.of());
      case 4 -> worker.lastPiece(item, "last:" + textOf(run, item));
      // Of a run that it has not got: where several are under way, the next number may be one.
      case 5 -> worker.replyLate(run.id() + (concurrency > 0 ? 1_000_000 : 1), List.of());
      case 6, 7, 8, 9, 10, 11, 12 -> worker.piece(item, "piece:" + textOf(run, item));
      case 13, 14 -> answerOrKeep(worker);
      default -> worker.answer(concurrency > 0 ? pick(worker.openRuns()) : run);
    }
  }

  private void answerOrKeep(FakeWorker worker) {
    if (concurrency == 0 && worker.openRuns().size() > 1) {
      worker.keepAnswer();
    } else {
      worker.answer();
    }
  }

  private static String textOf(FakeWorker.SentRun run, long item) {
    return run.items().stream().filter(i -> i.id() == item).findAny().orElseThrow().text();
  }

  @Override
  void check() {
    CountingMetrics.Meters.Gauges gauges = fixture.meters.lastGauges();
    assertThat(gauges.waiting()).isNotNegative();
    assertThat(gauges.running()).isNotNegative();
    checkClients();
    assertThat(fixture.meters.losses()).isLessThanOrEqualTo(fixture.launcher.started().size());
    checkRuns();
  }

  @Override
  List<String> answersTo(String text) {
    return List.of("echo:" + text, "last:" + text);
  }

  /** No open request is with two connected workers. */
  private void checkRuns() {
    if (repeats) {
      return;
    }
    Set<String> openTexts = new HashSet<>();
    open.forEach(client -> openTexts.add(client.text()));
    Set<String> seen = new HashSet<>();
    processesAtWork().forEach(worker -> checkRuns(worker, openTexts, seen));
  }

  private void checkRuns(FakeWorker worker, Set<String> openTexts, Set<String> seen) {
    if (concurrency > 0) {
      assertThat(worker.openRuns()).hasSizeLessThanOrEqualTo(concurrency);
    }
    for (FakeWorker.SentRun run : worker.openRuns()) {
      if (keyed) {
        assertThat(run.texts().stream().map(RandomHistory::shapeOf).distinct()).hasSize(1);
      }
      if (concurrency > 0) {
        assertThat(run.items()).hasSize(1);
      }
      for (String text : run.texts()) {
        assertThat(openTexts.contains(text) && !seen.add(text))
            .as("request %s runs on two workers", text)
            .isFalse();
      }
      long operations = run.items().isEmpty() ? 0 : 1;
      assertThat(run.operation() == Operation.DESCRIBE ? run.items().size() : operations)
          .isLessThanOrEqualTo(1);
    }
  }

  /** From here on all workers are well and all clients read. */
  private void recover() {
    fixture.launcher.healthy();
    if (!closed) {
      asked.add(pool(1));
    }
    finishRequests(200);
    assertThat(fixture.meters.lastGauges().waiting()).isZero();
    assertThat(fixture.meters.lastGauges().running()).isZero();
  }

  private void finish() {
    if (!closed) {
      assertThat(fixture.pool.readiness().satisfied()).as("a ready worker in the end").isTrue();
    }
    asked.add(fixture.close(Duration.ZERO));
    checkNothingIsLeft();
    assertThat(fixture.meters.answers() + fixture.meters.failureCount()).isEqualTo(submitted);
  }
}
