package ai.mariner.core.process;

import ai.mariner.core.job.LossCause;
import org.jspecify.annotations.Nullable;

/** How a worker's processes have done: decides how long the next start waits. */
final class TrackRecord {
  /** Up to so many losses in a row the next start is near enough to let requests wait for it. */
  private static final int PATIENT_FAILURES = 4;

  private @Nullable LossCause lastCause;
  private int failuresInARow;
  private boolean loadFailed;
  private boolean loaded;
  private boolean served;
  private boolean innocent;

  /** The present process has loaded the model. */
  void loaded() {
    loaded = true;
    loadFailed = false;
  }

  /** The present process has done something, or was well for a while. */
  void served() {
    served = true;
  }

  /** The present process is about to be lost by the doing of another model in it. */
  void innocent() {
    innocent = true;
  }

  /**
   * The present process is lost.
   *
   * @param rerun whether it was lost with requests that had cost a worker before: they are divided
   *     until the culprit is found, so this says nothing of the worker
   */
  void lost(LossCause cause, boolean rerun) {
    lastCause = cause;
    if (served || !(rerun || innocent)) {
      failuresInARow = served ? 1 : failuresInARow + 1;
    }
    loadFailed = !loaded;
    served = false;
    loaded = false;
    innocent = false;
  }

  /** Losses since a process last served. */
  int failuresInARow() {
    return failuresInARow;
  }

  /** Whether the last process that is lost never loaded the model. */
  boolean loadFailed() {
    return loadFailed;
  }

  /** Whether a worker that does not serve will do so soon. */
  boolean hopeful() {
    return !loadFailed && failuresInARow <= PATIENT_FAILURES;
  }

  /** Why a process was last lost; {@code null}: none was. */
  @Nullable String lastFailure() {
    LossCause cause = lastCause;
    return cause == null ? null : cause.text();
  }
}
