package ai.mariner.core.config;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * When a worker has lived long enough and is replaced between two requests. Absent parts are no
 * reason.
 *
 * @param requests requests after which it is replaced, spread by a tenth so that workers that
 *     started together are not replaced together
 * @param rssBytes resident memory above which it is replaced
 * @param age time since it became ready after which it is replaced, spread in the same way
 */
public record WorkerLifespan(
    @Nullable Integer requests, @Nullable Long rssBytes, @Nullable Duration age) {

  /**
   * Joins the keys of a configuration.
   *
   * @param requests {@code maxWorkerRequests}
   * @param rssMegabytes {@code maxWorkerRssMb}, in MiB
   * @param ageSeconds {@code maxWorkerAgeSec}
   * @return {@code null} if none is given
   */
  public static @Nullable WorkerLifespan of(
      @Nullable Integer requests, @Nullable Integer rssMegabytes, @Nullable Integer ageSeconds) {
    if (requests == null && rssMegabytes == null && ageSeconds == null) {
      return null;
    }
    return new WorkerLifespan(
        requests,
        rssMegabytes == null ? null : (long) rssMegabytes << 20,
        ageSeconds == null ? null : Duration.ofSeconds(ageSeconds));
  }
}
