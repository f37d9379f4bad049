/**
 * From what the server was told to what it does: one table of settings, and a loader that either
 * gives a {@link ai.mariner.core.config.ServerConfig} or names every problem at once.
 *
 * <p>Starting points: {@link ai.mariner.server.config.Settings} (the table), {@link
 * ai.mariner.server.config.ConfigLoader}, {@link ai.mariner.server.config.CommandLine}.
 */
@NullMarked
package ai.mariner.server.config;

import org.jspecify.annotations.NullMarked;
