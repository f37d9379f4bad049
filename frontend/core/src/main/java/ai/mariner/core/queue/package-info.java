/**
 * Which requests run together, when and where. Batchers are pure and know no threads; a pool joins
 * one with its workers on one loop.
 *
 * <p>Starting points: {@code Batcher}, {@link ai.mariner.core.queue.Pool} and its parts, which
 * share a {@code PoolContext}: {@code Entrance} and {@code Admission} (the way in), {@code Backlog}
 * (what waits), {@code OpenJobs} (all that was taken), {@code WorkerReports} (what workers say),
 * {@code Answers} (the only way out), {@code Closing}.
 */
@NullMarked
package ai.mariner.core.queue;

import org.jspecify.annotations.NullMarked;
