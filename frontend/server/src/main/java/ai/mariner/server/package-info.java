/**
 * The server as a whole: everything is made and joined here, and nowhere else. It may name every
 * other module; none names it.
 *
 * <p>Starting points: {@link ai.mariner.server.Main} (the process), {@code Wiring} (makes, starts
 * and stops all parts), {@code Listeners} (what is bound), {@code StartupLoad} (models of the
 * start), {@code StateReport} (what the commands are told).
 */
@NullMarked
package ai.mariner.server;

import org.jspecify.annotations.NullMarked;
