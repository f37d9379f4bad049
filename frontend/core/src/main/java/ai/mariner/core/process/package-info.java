/**
 * A place in a pool and the worker processes that fill it one after the other: started, loaded,
 * warmed up, given batches, watched, lost. Used on the pool's loop.
 *
 * <p>Starting points: {@link ai.mariner.core.process.Worker} (all processes of a place), {@code
 * ProcessLife} (one of them), {@link ai.mariner.core.process.WorkerHost} (hears of them).
 */
@NullMarked
package ai.mariner.core.process;

import org.jspecify.annotations.NullMarked;
