/**
 * Which requests run together, when and where. The batchers are pure and know no threads; a pool
 * joins one with its workers on one loop.
 *
 * <p>Starting points: {@code Batcher}, {@link ai.mariner.core.scheduling.Pool} (its parts, which
 * share a {@code PoolContext}: {@code Entrance}, {@code Admission}, {@code Backlog} of what waits,
 * {@code OpenJobs} of all that was taken, {@code Staffing}, {@code WorkerReports} of what workers
 * tell, {@code Closing}), {@code Worker} and, for each of its processes, {@code ProcessLife}.
 */
@NullMarked
package ai.mariner.core.scheduling;

import org.jspecify.annotations.NullMarked;
