package ai.mariner.core.queue;

import ai.mariner.core.process.WorkerSnapshot;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a pool is doing.
 *
 * @param workers its workers by number
 * @param waiting requests that wait
 * @param capacity most that may wait
 * @param unloaded whether all workers were stopped for want of requests
 * @param lastFailure why a worker was last lost or failed to load; absent: never
 */
public record PoolStatus(
    List<WorkerSnapshot> workers,
    int waiting,
    int capacity,
    boolean unloaded,
    @Nullable String lastFailure) {}
