/**
 * The server as a whole: everything is made and joined here, and nowhere else.
 *
 * <p>Starting points: {@link ai.mariner.server.Main}, {@link ai.mariner.server.Wiring}.
 */
@NullMarked
package ai.mariner.server;

import org.jspecify.annotations.NullMarked;
