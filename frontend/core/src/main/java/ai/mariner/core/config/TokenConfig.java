package ai.mariner.core.config;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Which tokens let in.
 *
 * @param expirationMinutes life of a token that the server has made
 * @param rotationGrace how long a token stays good after another one has taken its place
 * @param file where given tokens are; absent: in no file
 * @param inference a given token; absent: only those of the file, if there is one
 * @param management a given token; absent: only those of the file, if there is one
 */
public record TokenConfig(
    double expirationMinutes,
    Duration rotationGrace,
    @Nullable Path file,
    @Nullable Secret inference,
    @Nullable Secret management) {
  /** Whether tokens are given, so that the server makes none. */
  public boolean isGiven() {
    return file != null || inference != null || management != null;
  }
}
