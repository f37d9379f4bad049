package ai.mariner.core.testing;

import ai.mariner.core.time.Loop;
import ai.mariner.core.worker.WorkerEvents;
import ai.mariner.core.worker.WorkerLaunch;
import ai.mariner.core.worker.WorkerLauncher;
import ai.mariner.core.worker.WorkerProcess;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** Starts processes that do what the test says and nothing else. */
public final class FakeLauncher implements WorkerLauncher {
  private final BodyLedger bodies;
  private final List<FakeWorker> started = new CopyOnWriteArrayList<>();
  private volatile Consumer<FakeWorker> script = worker -> {};

  /**
   * Makes a launcher whose processes stay mute until the test speaks for them.
   *
   * @param bodies where the bodies of answers come from
   */
  public FakeLauncher(BodyLedger bodies) {
    this.bodies = bodies;
  }

  /** What every process does that is started from now on, on its loop, right after its start. */
  public FakeLauncher each(Consumer<FakeWorker> newScript) {
    script = newScript;
    return this;
  }

  /** Every process connects and loads its model at once. */
  public FakeLauncher healthy() {
    return each(FakeWorker::connectAndLoad);
  }

  @Override
  public WorkerProcess start(WorkerLaunch launch, Loop loop, WorkerEvents events) {
    FakeWorker worker = new FakeWorker(launch, loop, events, bodies);
    started.add(worker);
    Consumer<FakeWorker> now = script;
    loop.execute(() -> now.accept(worker));
    return worker;
  }

  /** All processes in the order of their starts. */
  public List<FakeWorker> started() {
    return List.copyOf(started);
  }

  /** Processes that have not ended. */
  public List<FakeWorker> alive() {
    return started.stream().filter(worker -> !worker.hasExited()).toList();
  }

  /** The n-th process that was started, from 0. */
  public FakeWorker worker(int index) {
    if (index >= started.size()) {
      throw new AssertionError("only " + started.size() + " processes were started");
    }
    return started.get(index);
  }

  /** The process that was started last. */
  public FakeWorker latest() {
    return worker(started.size() - 1);
  }
}
