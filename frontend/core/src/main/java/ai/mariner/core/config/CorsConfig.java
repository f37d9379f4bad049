package ai.mariner.core.config;

import org.jspecify.annotations.Nullable;

/**
 * Headers for web pages of other origins, sent with every REST answer.
 *
 * @param allowedOrigin {@code Access-Control-Allow-Origin}
 * @param allowedMethods {@code Access-Control-Allow-Methods}
 * @param allowedHeaders {@code Access-Control-Allow-Headers}
 */
public record CorsConfig(
    @Nullable String allowedOrigin,
    @Nullable String allowedMethods,
    @Nullable String allowedHeaders) {
  /** No headers. */
  public static final CorsConfig NONE = new CorsConfig(null, null, null);
}
