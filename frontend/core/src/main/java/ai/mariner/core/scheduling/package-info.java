/**
 * Which requests run together, when and where. The batchers are pure and know no threads; a pool
 * joins one with its workers on one loop.
 *
 * <p>Starting points: {@link ai.mariner.core.scheduling.Batcher}, {@link
 * ai.mariner.core.scheduling.Pool}.
 */
@NullMarked
package ai.mariner.core.scheduling;

import org.jspecify.annotations.NullMarked;
