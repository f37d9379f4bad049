package ai.mariner.worker.process;

import ai.mariner.core.config.WorkerConfig;
import ai.mariner.core.worker.ProcessExit;
import ai.mariner.core.worker.WorkerLaunch;
import ai.mariner.core.worker.WorkerOutput;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts worker processes, all from one thread that lives as long as the server: a worker asks the
 * kernel to be killed when its parent dies, and to the kernel the parent is the thread that started
 * it.
 */
public final class ProcessSpawner implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ProcessSpawner.class);

  private final WorkerConfig config;
  private final WorkerOutput output;
  private final Map<String, String> environment;
  private final ExecutorService thread;

  /** What a fork server imports; none any more when that has failed. Only for the thread. */
  private List<String> modules;

  private @Nullable ForkServer forkServer;

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
    this.modules = config.preloadModules();
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
  public Spawned spawn(
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
      PythonCommand command = PythonCommand.of(config, launch, socket, nonce, environment);
      Process forked = forked(command, launch, socket);
      process = forked != null ? forked : builder(command, launch).start();
    } catch (IOException | RuntimeException e) {
      // Whatever it is, this thread has to live on: the kernel would kill the other workers with
      // it.
      String reason = e.getMessage();
      exited.accept(ProcessExit.notStarted(reason == null ? e.toString() : reason));
      return;
    }
    handle.started(SpawnedProcess.watch(process, launch, output, handle.errorLines, exited));
  }

  /** A fork of the fork server; absent: there is none for this worker, or it could not do it. */
  private @Nullable Process forked(PythonCommand command, WorkerLaunch launch, Path socket) {
    Path directory = socket.getParent();
    if (modules.isEmpty()
        || directory == null
        || !PythonCommand.ownInterpreter(launch)
        || launch.spread() != null) {
      return null;
    }
    ForkServer server = forkServer;
    try {
      if (server == null || !server.isAlive()) {
        server = ForkServer.start(command.shared(), modules, directory, config.connectTimeout());
        forkServer = server;
        LOG.info("workers are forked from a process that has imported {}", modules);
      }
    } catch (IOException e) {
      // What went wrong would go wrong again, and take its time for each worker.
      modules = List.of();
      LOG.warn("preload_modules: {}; workers are started without it", e.getMessage());
      return null;
    }
    try {
      return server.fork(launch.directory(), command.identity());
    } catch (IOException e) {
      LOG.warn("{} could not be forked: {}; it is started instead", launch.name(), e.getMessage());
      return null;
    }
  }

  private static ProcessBuilder builder(PythonCommand command, WorkerLaunch launch) {
    ProcessBuilder builder = new ProcessBuilder(command.arguments());
    builder.directory(launch.directory().toFile());
    builder.environment().clear();
    builder.environment().putAll(command.environment());
    builder.redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")));
    return builder;
  }

  private void endForkServer() {
    ForkServer server = forkServer;
    if (server != null) {
      server.kill();
    }
  }

  /** Starts no more processes; the kernel ends those that there are. */
  @Override
  public void close() {
    if (!thread.isShutdown()) {
      thread.execute(this::endForkServer);
      thread.shutdown();
    }
  }

  /** A process that may not have started yet. */
  private final class Handle implements Spawned {
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
      dumpStacks(SpawnedProcess::dumpStacks);
    }

    @Override
    public void dumpStacks(List<Long> pids) {
      dumpStacks(running -> running.dumpStacks(pids));
    }

    private void dumpStacks(Consumer<SpawnedProcess> dump) {
      // Starting `kill` forks, which an event loop must not wait for.
      SpawnedProcess running;
      synchronized (this) {
        running = process;
      }
      if (running != null) {
        try {
          thread.execute(() -> dump.accept(running));
        } catch (RejectedExecutionException e) {
          errorLines.add("(no stacks: the server is shutting down)");
        }
      }
    }

    @Override
    public void killGroups(List<Long> pids) {
      if (pids.isEmpty()) {
        return;
      }
      try {
        thread.execute(() -> SpawnedProcess.killGroups(pids));
      } catch (RejectedExecutionException e) {
        // The server ends, and the kernel kills the processes with it.
        return;
      }
    }

    @Override
    public String lastErrorLines() {
      return errorLines.text();
    }
  }
}
