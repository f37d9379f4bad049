package ai.mariner.core.config;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Bounds of a model version's response cache.
 *
 * @param maxBytes most bytes of answers that are kept, with what keeping them takes
 * @param timeToLive how long an answer may be given again
 */
public record CacheLimits(long maxBytes, Duration timeToLive) {
  private static final int DEFAULT_TTL_SECONDS = 300;

  /**
   * Joins the keys of a configuration.
   *
   * @param megabytes {@code responseCacheMb}, in MiB
   * @param ttlSeconds {@code responseCacheTtlSec}
   * @return {@code null} unless a size is given
   */
  public static @Nullable CacheLimits of(
      @Nullable Integer megabytes, @Nullable Integer ttlSeconds) {
    if (megabytes == null) {
      return null;
    }
    return new CacheLimits(
        (long) megabytes << 20,
        Duration.ofSeconds(ttlSeconds == null ? DEFAULT_TTL_SECONDS : ttlSeconds));
  }
}
