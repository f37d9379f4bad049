package ai.mariner.core.config;

/**
 * A bound on how many requests a model version takes.
 *
 * @param perSecond requests a second in the long run
 * @param burst requests that may come at once after a pause
 */
public record RateLimit(int perSecond, int burst) {}
