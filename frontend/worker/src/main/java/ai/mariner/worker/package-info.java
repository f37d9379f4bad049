/**
 * Worker processes: started here, connected over a Unix socket, spoken to in the frames of {@code
 * proto/wire}.
 *
 * <p>Starting points: {@link ai.mariner.worker.link.NettyLauncher} (the core's port to all this),
 * and the packages {@code process} (starts and ends), {@code link} (connections), {@code wire}
 * (frames), {@code install} (Python packages of models).
 */
@NullMarked
package ai.mariner.worker;

import org.jspecify.annotations.NullMarked;
