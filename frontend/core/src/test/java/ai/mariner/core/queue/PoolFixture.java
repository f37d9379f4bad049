package ai.mariner.core.queue;

import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.ModelSpec;
import ai.mariner.core.config.Profile;
import ai.mariner.core.config.WorkerConfig;
import ai.mariner.core.crew.MemoryWatch;
import ai.mariner.core.crew.WorkerFactory;
import ai.mariner.core.job.StreamLimits;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.process.WarmupSample;
import ai.mariner.core.testing.BodyLedger;
import ai.mariner.core.testing.Configs;
import ai.mariner.core.testing.CountingMetrics;
import ai.mariner.core.testing.FakeLauncher;
import ai.mariner.core.testing.FakeLoop;
import ai.mariner.core.testing.FakeMemory;
import ai.mariner.core.testing.FakeWorker;
import ai.mariner.core.testing.RecordingSink;
import ai.mariner.core.testing.Requests;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A pool in virtual time with workers that are healthy unless a test says otherwise. */
final class PoolFixture {
  static final ModelKey KEY = new ModelKey("echo", "1.0");
  static final StreamLimits LIMITS = new StreamLimits(1000, Duration.ofSeconds(30));

  final FakeLoop loop;
  final BodyLedger bodies = new BodyLedger();
  final FakeLauncher launcher = new FakeLauncher(bodies).healthy();
  final CountingMetrics.Meters meters = new CountingMetrics().model(KEY);
  final FakeMemory memory;
  final Pool pool;

  private final MemoryWatch memoryWatch;
  private final int maxWorkers;
  private final AtomicLong requestIds = new AtomicLong();

  PoolFixture(ModelOverrides.Builder options) {
    this(options, Configs.worker(Path.of("models")));
  }

  PoolFixture(ModelOverrides.Builder options, WorkerConfig config) {
    this(options, config, List.of());
  }

  PoolFixture(ModelOverrides.Builder options, WorkerConfig config, List<WarmupSample> warmup) {
    this(options, config, warmup, new FakeLoop(), new FakeMemory(), null, null);
  }

  private PoolFixture(
      ModelOverrides.Builder options,
      WorkerConfig config,
      List<WarmupSample> warmup,
      FakeLoop loop,
      FakeMemory memory,
      @Nullable MemoryWatch shared,
      @Nullable BatchRule rule) {
    this.loop = loop;
    this.memory = memory;
    this.memoryWatch =
        shared == null ? new MemoryWatch(memory::bytesOf, memory::read, Runnable::run) : shared;
    this.maxWorkers = Configs.spec(options).maxWorkers();
    this.pool = pool(options, config, warmup, rule);
  }

  private Pool pool(
      ModelOverrides.Builder options,
      WorkerConfig config,
      List<WarmupSample> warmup,
      @Nullable BatchRule rule) {
    WorkerFactory.Shared workers = Configs.workers(launcher, config, Configs.limits(), memoryWatch);
    return pool(KEY, Configs.spec(options), loop, workers, warmup, meters, new AtomicLong(), rule);
  }

  /** A pool of a model in {@code handler.py}. */
  static Pool pool(
      ModelKey key,
      ModelSpec spec,
      FakeLoop loop,
      WorkerFactory.Shared workers,
      List<WarmupSample> warmup,
      CountingMetrics.Meters meters,
      AtomicLong runIds,
      @Nullable BatchRule rule) {
    WorkerFactory.Program program =
        new WorkerFactory.Program(
            key,
            Path.of("models", key.name()),
            "python",
            "handler.py",
            null,
            warmup,
            List.of(),
            null);
    return new Pool(
        key,
        spec,
        loop,
        new WorkerFactory(workers, program, spec),
        meters,
        runIds,
        LIMITS,
        SequencePolicy.of(Profile.MARINER),
        rule);
  }

  /** Another pool in the same time, with the memory of the same machine. */
  PoolFixture beside(int workers, ModelOverrides.Builder options) {
    PoolFixture other =
        new PoolFixture(
            options, Configs.worker(Path.of("models")), List.of(), loop, memory, memoryWatch, null);
    other.resize(workers);
    return other;
  }

  /** A pool with so many ready workers that batches of up to so many requests. */
  static PoolFixture ready(int workers, int batchSize) {
    return ready(workers, ModelOverrides.builder().batchSize(batchSize));
  }

  static PoolFixture ready(int workers, ModelOverrides.Builder options) {
    PoolFixture fixture = new PoolFixture(options);
    fixture.resize(workers);
    return fixture;
  }

  /** One ready worker and a rule of the operator's for its batches. */
  static PoolFixture ruled(ModelOverrides.Builder options, BatchRule rule) {
    WorkerConfig config = Configs.worker(Path.of("models"));
    PoolFixture fixture =
        new PoolFixture(options, config, List.of(), new FakeLoop(), new FakeMemory(), null, rule);
    fixture.resize(1);
    return fixture;
  }

  CompletableFuture<Void> resize(int workers) {
    CompletionStage<Void> done = pool.resize(workers, Math.max(workers, maxWorkers));
    loop.runReady();
    return done.toCompletableFuture();
  }

  CompletableFuture<Void> close(Duration drain) {
    CompletionStage<Void> done = pool.close(drain.toNanos());
    loop.runReady();
    return done.toCompletableFuture();
  }

  /** Submits a prediction and lets the loop have its turn. */
  RecordingSink submit(String text) {
    return submit(text, request -> request);
  }

  RecordingSink submit(String text, UnaryOperator<Requests> details) {
    RecordingSink sink = enqueue(text, details);
    loop.runReady();
    return sink;
  }

  /** Submits requests that arrive in one turn of the loop. */
  List<RecordingSink> burst(String... texts) {
    List<RecordingSink> sinks = new ArrayList<>();
    for (String text : texts) {
      sinks.add(enqueue(text, request -> request));
    }
    loop.runReady();
    return sinks;
  }

  RecordingSink enqueue(String text, UnaryOperator<Requests> details) {
    RecordingSink sink = new RecordingSink();
    long id = requestIds.incrementAndGet();
    pool.submit(details.apply(Requests.of(id, bodies.body(text))).build(), sink);
    return sink;
  }

  void leave(RecordingSink sink) {
    sink.leave();
    loop.runReady();
  }

  void advance(Duration time) {
    loop.advance(time);
  }

  FakeWorker worker(int index) {
    return launcher.worker(index);
  }

  PoolStatus status() {
    CompletableFuture<PoolStatus> status = pool.status().toCompletableFuture();
    loop.runReady();
    return status.join();
  }

  /** Lets the first worker show that its runs are short, so that runs are sent ahead to it. */
  void warmUp() {
    for (int i = 0; i < 10; i++) {
      submit("warm");
      for (FakeWorker worker : launcher.alive()) {
        if (!worker.openRuns().isEmpty()) {
          worker.answer();
        }
      }
    }
  }
}
