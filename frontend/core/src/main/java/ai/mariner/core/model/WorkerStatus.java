package ai.mariner.core.model;

import ai.mariner.core.message.ModelKey;
import ai.mariner.core.process.WorkerSnapshot;
import ai.mariner.core.worker.ResidentMemory;
import java.time.Instant;
import java.util.List;
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
 * @param sharesWith the other models in its process; absent: the process is its own
 */
public record WorkerStatus(
    int id,
    Instant startTime,
    State state,
    long memoryBytes,
    @Nullable Long pid,
    @Nullable Integer gpuId,
    @Nullable String lastFailure,
    @Nullable List<ModelKey> sharesWith) {
  /** A worker as its pool sees it; what memory it takes is not known there. */
  static WorkerStatus of(WorkerSnapshot worker, ResidentMemory memory) {
    Long pid = worker.pid();
    State state =
        switch (worker.state()) {
          case LOADING -> State.LOADING;
          case READY -> State.READY;
          case BACKING_OFF -> State.BACKING_OFF;
          case STOPPING -> State.UNLOADING;
        };
    return new WorkerStatus(
        worker.id(),
        worker.startTime(),
        state,
        pid == null ? 0 : memory.bytesOf(pid),
        pid,
        worker.gpuId(),
        worker.lastFailure(),
        worker.sharesWith());
  }

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
