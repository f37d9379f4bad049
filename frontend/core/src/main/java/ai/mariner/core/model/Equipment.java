package ai.mariner.core.model;

import ai.mariner.core.config.CrewOptions;
import ai.mariner.core.config.ModelSpec;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.worker.PythonEnvironment;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sees to it that models have the Python packages of their own before they have workers. */
final class Equipment {
  private static final Logger log = LoggerFactory.getLogger(Equipment.class);

  private final Dependencies dependencies;
  private final boolean installs;

  /**
   * Makes the equipment of a server.
   *
   * @param dependencies installs packages
   * @param installs whether what archives ask for is installed
   */
  Equipment(Dependencies dependencies, boolean installs) {
    this.dependencies = dependencies;
    this.installs = installs;
  }

  /** What keeps a model with packages of its own from sharing a process; absent: it has none. */
  @Nullable String obstacle(ModelArchive archive) {
    String requirements = archive.manifest().requirementsFile();
    return installs && requirements != null ? requirements + ", packages of its own" : null;
  }

  /**
   * Installs what a model needs.
   *
   * @return the same with its environment, whose archive gives that back too; fails with the
   *     reason, and the archive is the caller's to give back then
   */
  CompletionStage<FetchedModel> equip(FetchedModel fetched, ModelSpec spec) {
    String asked = fetched.archive().manifest().requirementsFile();
    boolean own = spec.require(CrewOptions.USE_VENV);
    String interpreter = spec.get(CrewOptions.PYTHON_EXECUTABLE);
    if (interpreter != null) {
      return brought(fetched, interpreter, own);
    }
    if (asked != null && !installs) {
      log.warn(
          "model {}: {} is not installed (expected: install_py_dep_per_model=true, or its packages"
              + " in the server's Python)",
          fetched.key(),
          asked);
    }
    String requirements = installs ? asked : null;
    if (requirements == null && !own) {
      return CompletableFuture.completedStage(fetched);
    }
    return dependencies
        .install(
            new Dependencies.Wanted(
                fetched.key(), fetched.archive().directory(), requirements, fetched.runtime(), own))
        .thenApply(fetched::with);
  }

  /** An environment that is the operator's: nothing is installed into it. */
  private static CompletionStage<FetchedModel> brought(
      FetchedModel fetched, String interpreter, boolean own) {
    if (own) {
      return CompletableFuture.failedStage(
          new ServeException(
              ErrorKind.BAD_REQUEST, "useVenv: true (expected: false beside pythonExecutable)"));
    }
    PythonEnvironment environment = new PythonEnvironment(Path.of(interpreter), null, false);
    return CompletableFuture.completedStage(
        fetched.with(new Dependencies.Installed(environment, () -> {})));
  }
}
