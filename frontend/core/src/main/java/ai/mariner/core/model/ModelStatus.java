package ai.mariner.core.model;

import ai.mariner.core.config.ModelSpec;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.message.Signature;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A model version as the describe call shows it.
 *
 * @param key name and version
 * @param location as it was given at registration
 * @param runtime runtime
 * @param spec options in force
 * @param loadedAtStart whether the server loaded it at its start
 * @param isDefault whether calls without a version mean this one
 * @param workers workers by number
 * @param waiting requests that wait
 * @param unloaded whether all workers were stopped for want of requests
 * @param swap the swap of this default version, or to it, that is under way; absent: none
 * @param lastFailure why a worker was last lost or failed to load; absent: never
 * @param signature the tensors that its archive declares; absent: none
 * @param declares what a worker said of it when it had loaded; absent: nothing
 */
public record ModelStatus(
    ModelKey key,
    String location,
    String runtime,
    ModelSpec spec,
    boolean loadedAtStart,
    boolean isDefault,
    List<WorkerStatus> workers,
    int waiting,
    boolean unloaded,
    @Nullable SwapProgress swap,
    @Nullable String lastFailure,
    @Nullable Signature signature,
    @Nullable String declares) {
  /** Workers that take requests. */
  public int readyWorkers() {
    int ready = 0;
    for (WorkerStatus worker : workers) {
      if (worker.state() == WorkerStatus.State.READY) {
        ready++;
      }
    }
    return ready;
  }
}
