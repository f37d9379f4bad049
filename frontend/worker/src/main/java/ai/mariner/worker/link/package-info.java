/**
 * Connections to worker processes on network event loops.
 *
 * <p>Starting points: {@link ai.mariner.worker.link.NettyLauncher}, {@link
 * ai.mariner.worker.link.WorkerListener}.
 */
@NullMarked
package ai.mariner.worker.link;

import org.jspecify.annotations.NullMarked;
