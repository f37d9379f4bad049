package ai.mariner.core.config;

import org.jspecify.annotations.Nullable;

/**
 * A sample request that a worker must answer before it counts as ready. Exactly one of {@code file}
 * and {@code text} is given.
 *
 * @param contentType media type of the body
 * @param file path of the body below the archive's folder, without {@code ..}
 * @param text the body itself, sent as UTF-8
 */
public record WarmupInput(String contentType, @Nullable String file, @Nullable String text) {}
