package ai.mariner.worker.install;

import ai.mariner.core.config.DependencyConfig;
import ai.mariner.core.config.WorkerConfig;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.model.Dependencies;
import ai.mariner.core.worker.PythonEnvironment;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes environments with the packages that archives ask for, once for each content, on threads of
 * its own. Thread-safe.
 */
public final class PythonInstaller implements Dependencies, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(PythonInstaller.class);

  /** More at once would only share the network and the disk. */
  private static final int THREADS = 2;

  private static final long POLL_MILLIS = 100;
  private static final int REMOVAL_SECONDS = 5;

  private final DependencyConfig config;
  private final EnvironmentMaker maker;
  private final ExecutorService threads;
  private final Map<String, CompletableFuture<Installed>> running = new ConcurrentHashMap<>();
  private @Nullable EnvironmentCache cache;
  private volatile boolean closed;

  /**
   * Makes an installer; nothing is written before something is installed.
   *
   * @param config where and how
   * @param workers interpreter, and what to hide from what archives bring along
   * @param environment the server's own environment
   */
  public PythonInstaller(
      DependencyConfig config, WorkerConfig workers, Map<String, String> environment) {
    this.config = config;
    this.maker = new EnvironmentMaker(config, workers, environment);
    this.threads =
        Executors.newFixedThreadPool(
            THREADS,
            task -> {
              Thread thread = new Thread(task, "installer");
              thread.setDaemon(true);
              return thread;
            });
  }

  /**
   * Looks whether environments can be kept where they are to be.
   *
   * @throws IOException naming why they can't
   */
  public void check() throws IOException {
    try {
      var unused = cache();
    } catch (FileSystemException e) {
      String reason = e.getReason() == null ? e.getClass().getSimpleName() : e.getReason();
      throw new IOException(
          "dependency_cache: "
              + config.cache()
              + " can't be used: "
              + reason
              + " at "
              + e.getFile()
              + " (expected: a folder that the server's user may write to, and nobody else)",
          e);
    }
  }

  @Override
  public CompletionStage<Installed> install(Wanted wanted) {
    try {
      return CompletableFuture.supplyAsync(() -> key(wanted), threads)
          .thenComposeAsync(key -> shared(key, wanted), threads)
          .exceptionallyCompose(
              thrown -> CompletableFuture.failedStage(failure(wanted, thrown).toException()));
    } catch (RejectedExecutionException e) {
      return CompletableFuture.failedStage(shuttingDown().toException());
    }
  }

  private String key(Wanted wanted) {
    try {
      return maker.key(wanted);
    } catch (InstallException | IOException e) {
      throw new CompletionException(e);
    }
  }

  /** Who asks for what is being made waits for it without a thread. */
  private CompletionStage<Installed> shared(String key, Wanted wanted) {
    CompletableFuture<Installed> mine = new CompletableFuture<>();
    CompletableFuture<Installed> first = running.putIfAbsent(key, mine);
    if (first != null) {
      return first.thenApplyAsync(done -> obtained(key, wanted), threads);
    }
    try {
      mine.complete(obtained(key, wanted));
    } catch (RuntimeException e) {
      mine.completeExceptionally(e);
    } finally {
      running.remove(key, mine);
    }
    return mine;
  }

  /** Waits until the environment is there, or makes it. */
  private Installed obtained(String key, Wanted wanted) {
    long begun = System.nanoTime();
    try {
      EnvironmentCache kept = cache();
      while (!closed) {
        if (kept.enter(key, true)) {
          if (kept.isComplete(key)) {
            kept.touch(key);
            return installed(kept, key, wanted);
          }
          kept.leave(key);
        }
        if (kept.enter(key, false)) {
          try {
            make(kept, key, wanted);
          } finally {
            kept.leave(key);
          }
        } else if (System.nanoTime() - begun > config.timeout().toNanos()) {
          throw new InstallException(
              "another server did not install the same within "
                  + config.timeout().toSeconds()
                  + " s");
        } else {
          Thread.sleep(POLL_MILLIS);
        }
      }
      throw shuttingDown().toException();
    } catch (InstallException | IOException e) {
      throw new CompletionException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw shuttingDown().toException();
    }
  }

  private static Installed installed(EnvironmentCache kept, String key, Wanted wanted) {
    Path folder = kept.folder(key);
    Path interpreter = folder.resolve("venv").resolve("bin").resolve("python");
    boolean own = wanted.ownInterpreter();
    AtomicBoolean released = new AtomicBoolean();
    return new Installed(
        new PythonEnvironment(
            own ? interpreter : null,
            own ? null : folder.resolve("packages"),
            wanted.requirements() != null),
        () -> {
          if (released.compareAndSet(false, true)) {
            kept.leave(key);
          }
        });
  }

  /** Makes an environment if nobody has, or leaves nothing. */
  private void make(EnvironmentCache kept, String key, Wanted wanted)
      throws IOException, InstallException {
    if (kept.isComplete(key)) {
      return;
    }
    boolean done = false;
    try {
      kept.remove(key);
      maker.make(wanted, kept.folder(key));
      kept.complete(key);
      done = true;
    } finally {
      if (!done) {
        kept.remove(key);
      }
    }
    kept.prune(config.cacheBytes());
  }

  private synchronized EnvironmentCache cache() throws IOException {
    EnvironmentCache opened = cache;
    if (opened == null) {
      opened = EnvironmentCache.open(config.cache());
      cache = opened;
      opened.prune(config.cacheBytes());
    }
    return opened;
  }

  private Failure failure(Wanted wanted, Throwable thrown) {
    Throwable cause = thrown;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (closed) {
      return shuttingDown();
    }
    if (!(cause instanceof InstallException) && !(cause instanceof IOException)) {
      return ServeException.failureOf(cause);
    }
    String reason = cause instanceof InstallException known ? known.reason() : cause.toString();
    // The beginning is TorchServe's.
    String message =
        "Custom pip package installation failed for model " + wanted.model().name() + ": " + reason;
    log.warn("{}", message);
    return Failure.of(ErrorKind.INSTALL_FAILED, message);
  }

  private static Failure shuttingDown() {
    return Failure.of(
        ErrorKind.SHUTTING_DOWN, "The server is shutting down and installs no packages.");
  }

  /** Installs nothing more, kills what is under way, and waits for a while until it is removed. */
  @Override
  public void close() {
    closed = true;
    maker.close();
    threads.shutdown();
    try {
      if (!threads.awaitTermination(REMOVAL_SECONDS, TimeUnit.SECONDS)) {
        log.warn("an installation did not end in time; what it leaves goes at the next start");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
