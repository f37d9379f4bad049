package ai.mariner.core.config;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How long connections of a gRPC listener may live, so that clients of a balanced address come to
 * know new servers.
 *
 * @param most after it a client is asked to connect anew; absent: never
 * @param grace how long calls under way may go on after that; absent: to their end
 */
public record ConnectionAge(@Nullable Duration most, @Nullable Duration grace) {
  /** For ever. */
  public static final ConnectionAge UNBOUNDED = new ConnectionAge(null, null);
}
