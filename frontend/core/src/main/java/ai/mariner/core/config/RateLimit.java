package ai.mariner.core.config;

import org.jspecify.annotations.Nullable;

/**
 * A bound on how many requests a model version takes.
 *
 * @param perSecond requests a second in the long run
 * @param burst requests that may come at once after a pause
 */
public record RateLimit(int perSecond, int burst) {
  /**
   * Joins the keys of a configuration.
   *
   * @param perSecond {@code rateLimit}
   * @param burst {@code rateLimitBurst}; absent: as many as in a second
   * @return {@code null} unless a rate is given
   */
  public static @Nullable RateLimit of(@Nullable Integer perSecond, @Nullable Integer burst) {
    return perSecond == null ? null : new RateLimit(perSecond, burst == null ? perSecond : burst);
  }
}
