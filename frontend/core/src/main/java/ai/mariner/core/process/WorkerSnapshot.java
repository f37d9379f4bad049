package ai.mariner.core.process;

import ai.mariner.core.message.ModelKey;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one worker of a pool is doing.
 *
 * @param id worker number
 * @param startTime when its process was last started
 * @param state what it does
 * @param pid process id; absent: no connected process
 * @param gpuId accelerator; absent: none
 * @param lastFailure why it was last lost or failed to load; absent: never
 * @param sharesWith the other models in its process; absent: the process is its own
 */
public record WorkerSnapshot(
    int id,
    Instant startTime,
    State state,
    @Nullable Long pid,
    @Nullable Integer gpuId,
    @Nullable String lastFailure,
    @Nullable List<ModelKey> sharesWith) {
  /** What a worker does. */
  public enum State {
    /** The process is starting or loads the model. */
    LOADING,
    /** Takes requests. */
    READY,
    /** Is lost; will be started again after a wait. */
    BACKING_OFF,
    /** Is being removed. */
    STOPPING
  }
}
