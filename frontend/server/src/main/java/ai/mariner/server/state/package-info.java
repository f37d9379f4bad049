/**
 * The server's state as a file that the commands read.
 *
 * <p>Starting points: {@link ai.mariner.server.state.StateFile}, {@link
 * ai.mariner.server.state.ServerState}.
 */
@NullMarked
package ai.mariner.server.state;

import org.jspecify.annotations.NullMarked;
