package ai.mariner.core.testing;

import ai.mariner.core.model.Dependencies;
import ai.mariner.core.worker.PythonEnvironment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;

/** Packages that are installed when a test says so. Not thread-safe. */
public final class FakeDependencies implements Dependencies {
  /** What was asked for, in order. */
  public final List<Wanted> wanted = new ArrayList<>();

  /** The installations of these, which a test ends. */
  public final List<CompletableFuture<Installed>> running = new ArrayList<>();

  private final AtomicInteger inUse = new AtomicInteger();

  @Override
  public CompletionStage<Installed> install(Wanted asked) {
    wanted.add(asked);
    CompletableFuture<Installed> installation = new CompletableFuture<>();
    running.add(installation);
    return installation;
  }

  /** Ends an installation well. */
  public void succeed(int number) {
    inUse.incrementAndGet();
    AtomicInteger held = new AtomicInteger(1);
    PythonEnvironment environment = new PythonEnvironment(null, Path.of("packages"), true);
    running
        .get(number)
        .complete(new Installed(environment, () -> inUse.addAndGet(-held.getAndSet(0))));
  }

  /** Environments that are used. */
  public int inUse() {
    return inUse.get();
  }
}
