/**
 * Operating system processes of workers: command line, environment, output, exit.
 *
 * <p>Starting points: {@link ai.mariner.worker.process.ProcessSpawner}.
 */
@NullMarked
package ai.mariner.worker.process;

import org.jspecify.annotations.NullMarked;
