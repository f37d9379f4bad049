package ai.mariner.core.config;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What requests to S3 are signed with.
 *
 * @param keyId access key
 * @param secretKey its secret
 * @param token of a session; absent: the key is one of its own
 * @param region where the buckets are
 */
public record AwsCredentials(
    String keyId, Secret secretKey, @Nullable Secret token, String region) {
  /** What has to be in the environment, for messages. */
  public static final String EXPECTED =
      "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_DEFAULT_REGION in the server's environment";

  /** Those of an environment; {@code null}: it has not all that is needed. */
  public static @Nullable AwsCredentials of(Map<String, String> environment) {
    String keyId = environment.getOrDefault("AWS_ACCESS_KEY_ID", "");
    String secretKey = environment.getOrDefault("AWS_SECRET_ACCESS_KEY", "");
    String token = environment.getOrDefault("AWS_SESSION_TOKEN", "");
    String elsewhere = environment.getOrDefault("AWS_REGION", "");
    String region = environment.getOrDefault("AWS_DEFAULT_REGION", elsewhere);
    return keyId.isBlank() || secretKey.isBlank() || region.isBlank()
        ? null
        : new AwsCredentials(
            keyId, new Secret(secretKey), token.isBlank() ? null : new Secret(token), region);
  }
}
