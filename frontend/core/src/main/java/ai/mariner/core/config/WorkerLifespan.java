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
  /** No reason at all. */
  static final WorkerLifespan ENDLESS = new WorkerLifespan(null, null, null);
}
