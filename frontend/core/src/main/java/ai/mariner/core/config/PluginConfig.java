package ai.mariner.core.config;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Code that operators bring along.
 *
 * @param path folder of jars, as it was given; absent: none
 * @param threads threads for endpoints
 * @param timeout how long an endpoint may take
 * @param authorizerThreads threads for authorizers
 * @param authorizerTimeout how long authorizers may take for a call
 */
public record PluginConfig(
    @Nullable String path,
    int threads,
    Duration timeout,
    int authorizerThreads,
    Duration authorizerTimeout) {
  /** No plugins. */
  public static final PluginConfig NONE =
      new PluginConfig(null, 1, Duration.ofSeconds(1), 1, Duration.ofSeconds(1));
}
