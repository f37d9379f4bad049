package ai.mariner.core.queue;

import ai.mariner.core.config.CrewOptions;
import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.ModelSpec;
import ai.mariner.core.crew.MemoryWatch;
import ai.mariner.core.crew.WorkerFactory;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.process.WarmupSample;
import ai.mariner.core.process.WorkerSnapshot;
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
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;

/** Pools of a group in virtual time; their processes connect and load whatever they are told to. */
final class GroupFixture {
  final FakeLoop loop = new FakeLoop();
  final BodyLedger bodies = new BodyLedger();
  final FakeLauncher launcher = new FakeLauncher(bodies).each(FakeWorker::connectAndLoadAll);

  private final CountingMetrics metrics = new CountingMetrics();
  private final AtomicLong runIds = new AtomicLong();
  private final AtomicLong requestIds = new AtomicLong();
  private final WorkerFactory.Shared shared;

  GroupFixture() {
    FakeMemory memory = new FakeMemory();
    shared =
        Configs.workers(
            launcher,
            Configs.worker(Path.of("models")),
            Configs.limits(),
            new MemoryWatch(memory::bytesOf, memory::read, Runnable::run));
  }

  /** A model of the group {@code small} with so many workers. */
  Model model(String name, int workers) {
    return model(name, workers, ModelOverrides.builder());
  }

  Model model(String name, int workers, ModelOverrides.Builder options, WarmupSample... warmup) {
    Model model = new Model(name, options.set(CrewOptions.WORKER_GROUP, "small"), List.of(warmup));
    model.resized = model.pool.resize(workers, Math.max(1, workers)).toCompletableFuture();
    loop.runReady();
    return model;
  }

  void advance(Duration time) {
    loop.advance(time);
  }

  /** The only process that has not ended; fails if there are none or several. */
  FakeWorker process() {
    List<FakeWorker> alive = launcher.alive();
    if (alive.size() != 1) {
      throw new AssertionError(alive.size() + " processes are alive (expected: 1)");
    }
    return alive.get(0);
  }

  /** One model and its pool. */
  final class Model {
    final ModelKey key;
    final CountingMetrics.Meters meters;
    final Pool pool;
    CompletableFuture<Void> resized = new CompletableFuture<>();

    private Model(String name, ModelOverrides.Builder options, List<WarmupSample> warmup) {
      this.key = new ModelKey(name, "1.0");
      this.meters = metrics.model(key);
      ModelSpec spec = Configs.spec(options);
      this.pool = PoolFixture.pool(key, spec, loop, shared, warmup, meters, runIds, null);
    }

    RecordingSink submit(String text) {
      RecordingSink sink = enqueue(text, request -> request);
      loop.runReady();
      return sink;
    }

    RecordingSink enqueue(String text, UnaryOperator<Requests> details) {
      RecordingSink sink = new RecordingSink();
      Requests request = Requests.of(requestIds.incrementAndGet(), bodies.body(text));
      pool.submit(details.apply(request).build(), sink);
      return sink;
    }

    CompletableFuture<Void> resize(int workers) {
      resized = pool.resize(workers, Math.max(1, workers)).toCompletableFuture();
      loop.runReady();
      return resized;
    }

    CompletableFuture<Void> close(Duration drain) {
      CompletableFuture<Void> done = pool.close(drain.toNanos()).toCompletableFuture();
      loop.runReady();
      return done;
    }

    List<WorkerSnapshot> workers() {
      CompletableFuture<PoolStatus> status = pool.status().toCompletableFuture();
      loop.runReady();
      return status.join().workers();
    }

    WorkerSnapshot worker() {
      return workers().get(0);
    }

    boolean ready() {
      return pool.readiness().satisfied();
    }
  }
}
