/**
 * Processes that several models share: who sits where, whose turn it is, and who is to blame.
 *
 * <p>To a worker a seat looks like a process of its own: it is started, connects, loads, runs and
 * ends. Starting points: {@link ai.mariner.core.seat.WorkerGroups}, {@link
 * ai.mariner.core.seat.SharedProcess}.
 */
@NullMarked
package ai.mariner.core.seat;

import org.jspecify.annotations.NullMarked;
