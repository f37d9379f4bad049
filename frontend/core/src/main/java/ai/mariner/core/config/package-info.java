/**
 * What the server and its models were told to do: immutable records, made once at start.
 *
 * <p>Starting points: {@link ai.mariner.core.config.ServerConfig}, {@link
 * ai.mariner.core.config.ModelSpec}.
 */
@NullMarked
package ai.mariner.core.config;

import org.jspecify.annotations.NullMarked;
