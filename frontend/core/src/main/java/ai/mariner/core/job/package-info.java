/**
 * One request on its way through a pool, the batch that it runs in, and why either may fail. Used
 * on the pool's loop.
 *
 * <p>Starting points: {@link ai.mariner.core.job.Job}, {@link ai.mariner.core.job.Run}, {@link
 * ai.mariner.core.job.LossCause}.
 */
@NullMarked
package ai.mariner.core.job;

import org.jspecify.annotations.NullMarked;
