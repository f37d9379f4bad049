package ai.mariner.core.model;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One worker of a model as the describe call shows it.
 *
 * @param id worker number
 * @param startTime when its process was last started
 * @param state what it does
 * @param memoryBytes resident memory; 0 when unknown
 * @param pid process id; absent: no process
 * @param gpuId accelerator; absent: none
 * @param lastFailure why it was last lost or failed to load
 */
public record WorkerStatus(
    int id,
    Instant startTime,
    State state,
    long memoryBytes,
    @Nullable Long pid,
    @Nullable Integer gpuId,
    @Nullable String lastFailure) {
  /** What a worker does. */
  public enum State {
    /** The process is starting or loads the model. */
    LOADING,
    /** Takes requests. */
    READY,
    /** Ended; will be started again after a wait. */
    BACKING_OFF,
    /** Is being removed. */
    UNLOADING
  }
}
