package ai.mariner.worker.process;

import ai.mariner.core.config.WorkerConfig;
import ai.mariner.core.worker.ProcessExit;
import ai.mariner.core.worker.WorkerLaunch;
import ai.mariner.core.worker.WorkerOutput;
import ai.mariner.core.worker.WorkerProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Starts worker processes, all from one thread that lives as long as the server: a worker asks the
 * kernel to be killed when its parent dies, and to the kernel the parent is the thread that started
 * it.
 */
public final class ProcessSpawner implements AutoCloseable {
  private final WorkerConfig config;
  private final WorkerOutput output;
  private final Map<String, String> environment;
  private final ExecutorService thread;

  /**
   * Makes a spawner.
   *
   * @param config interpreter and what to hide
   * @param output takes what workers print
   * @param environment the server's own environment
   */
  public ProcessSpawner(WorkerConfig config, WorkerOutput output, Map<String, String> environment) {
    this.config = config;
    this.output = output;
    this.environment = Map.copyOf(environment);
    this.thread =
        Executors.newSingleThreadExecutor(
            task -> {
              Thread spawner = new Thread(task, "worker-spawner");
              spawner.setDaemon(true);
              return spawner;
            });
  }

  /**
   * Starts a process; returns at once.
   *
   * @param launch which worker
   * @param socket where it connects to
   * @param nonce what it proves itself with
   * @param exited told how it ended, from any thread, also when it could not be started
   */
  public WorkerProcess spawn(
      WorkerLaunch launch, Path socket, String nonce, Consumer<ProcessExit> exited) {
    Handle handle = new Handle();
    try {
      thread.execute(() -> start(launch, socket, nonce, exited, handle));
    } catch (RejectedExecutionException e) {
      exited.accept(ProcessExit.notStarted("the server is shutting down"));
    }
    return handle;
  }

  private void start(
      WorkerLaunch launch, Path socket, String nonce, Consumer<ProcessExit> exited, Handle handle) {
    if (handle.killedBeforeStart()) {
      exited.accept(ProcessExit.notStarted("it was stopped before it started"));
      return;
    }
    Process process;
    try {
      process =
          builder(PythonCommand.of(config, launch, socket, nonce, environment), launch).start();
    } catch (IOException | RuntimeException e) {
      // Whatever it is, this thread has to live on: the kernel would kill the other workers with
      // it.
      String reason = e.getMessage();
      exited.accept(ProcessExit.notStarted(reason == null ? e.toString() : reason));
      return;
    }
    handle.started(SpawnedProcess.watch(process, launch, output, handle.errorLines, exited));
  }

  private static ProcessBuilder builder(PythonCommand command, WorkerLaunch launch) {
    ProcessBuilder builder = new ProcessBuilder(command.arguments());
    builder.directory(launch.directory().toFile());
    builder.environment().clear();
    builder.environment().putAll(command.environment());
    builder.redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")));
    return builder;
  }

  /** Starts no more processes. */
  @Override
  public void close() {
    thread.shutdown();
  }

  /** A process that may not have started yet. */
  private final class Handle implements WorkerProcess {
    private final LastLines errorLines = new LastLines();
    private @Nullable SpawnedProcess process;
    private boolean killed;

    synchronized boolean killedBeforeStart() {
      return killed;
    }

    synchronized void started(SpawnedProcess spawned) {
      process = spawned;
      if (killed) {
        spawned.kill();
      }
    }

    @Override
    public synchronized void kill() {
      killed = true;
      SpawnedProcess running = process;
      if (running != null) {
        running.kill();
      }
    }

    @Override
    public void dumpStacks() {
      // Starting `kill` forks, which an event loop must not wait for.
      SpawnedProcess running;
      synchronized (this) {
        running = process;
      }
      if (running != null) {
        try {
          thread.execute(running::dumpStacks);
        } catch (RejectedExecutionException e) {
          errorLines.add("(no stacks: the server is shutting down)");
        }
      }
    }

    @Override
    public String lastErrorLines() {
      return errorLines.text();
    }
  }
}
