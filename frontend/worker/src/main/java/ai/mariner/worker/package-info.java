/**
 * Worker processes: started here, connected over a Unix socket, spoken to in the frames of {@code
 * proto/wire}.
 *
 * <p>Starting points: {@link ai.mariner.worker.link.NettyLauncher}.
 */
@NullMarked
package ai.mariner.worker;

import org.jspecify.annotations.NullMarked;
