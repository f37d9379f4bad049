/**
 * How many workers a pool has: bounds set by hand, replacement of old ones, what follows the load,
 * and what memory allows. Used on the pool's loop.
 *
 * <p>Starting points: {@link ai.mariner.core.crew.Staffing}, {@link
 * ai.mariner.core.crew.Elasticity}, {@link ai.mariner.core.crew.WorkerSet}, {@link
 * ai.mariner.core.crew.WorkerFactory}.
 */
@NullMarked
package ai.mariner.core.crew;

import org.jspecify.annotations.NullMarked;
