/**
 * Worker processes as the core sees them: ports to start one and to talk to it, and the pure rules
 * of restarting and placing.
 *
 * <p>Starting points: {@link ai.mariner.core.worker.WorkerLauncher}, {@link
 * ai.mariner.core.worker.WorkerLink}, {@link ai.mariner.core.worker.WorkerEvents}.
 */
@NullMarked
package ai.mariner.core.worker;

import org.jspecify.annotations.NullMarked;
