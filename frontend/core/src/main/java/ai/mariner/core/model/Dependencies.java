package ai.mariner.core.model;

import ai.mariner.core.message.ModelKey;
import ai.mariner.core.worker.PythonEnvironment;
import java.nio.file.Path;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Gives models the Python packages that their archives ask for. Thread-safe. */
public interface Dependencies {
  /**
   * What a model needs.
   *
   * @param model which model; named in messages
   * @param directory folder of its files
   * @param requirements path of its requirements file within that; absent: it asks for no packages
   * @param runtime runtime of its workers: {@code python} or {@code python3}
   * @param ownInterpreter whether it is to have a virtual environment of its own
   */
  record Wanted(
      ModelKey model,
      Path directory,
      @Nullable String requirements,
      String runtime,
      boolean ownInterpreter) {}

  /**
   * What a model was given.
   *
   * @param environment for its workers
   * @param release says that the model needs it no more; safe to call again
   */
  record Installed(PythonEnvironment environment, Runnable release) {}

  /**
   * Installs what is not there yet; returns at once.
   *
   * @return fails with {@code INSTALL_FAILED} and the installer's last lines, and leaves nothing
   *     behind then
   */
  CompletionStage<Installed> install(Wanted wanted);
}
