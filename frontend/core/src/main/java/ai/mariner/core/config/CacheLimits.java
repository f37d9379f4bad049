package ai.mariner.core.config;

import java.time.Duration;

/**
 * Bounds of a model version's response cache.
 *
 * @param maxBytes most bytes of answers that are kept, with what keeping them takes
 * @param timeToLive how long an answer may be given again
 */
public record CacheLimits(long maxBytes, Duration timeToLive) {}
