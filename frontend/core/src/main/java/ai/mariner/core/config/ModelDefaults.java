package ai.mariner.core.config;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a model gets when nobody says otherwise.
 *
 * @param workers workers of a model; for one registered by a call this is replaced by its own
 *     default
 * @param responseTimeout longest run
 * @param startupTimeout longest load
 * @param jobQueueSize most waiting requests
 * @param workerGroup group with which it shares processes; absent: none
 */
public record ModelDefaults(
    int workers,
    Duration responseTimeout,
    Duration startupTimeout,
    int jobQueueSize,
    @Nullable String workerGroup) {
  /** Defaults of a server whose models share nothing. */
  public ModelDefaults(
      int workers, Duration responseTimeout, Duration startupTimeout, int jobQueueSize) {
    this(workers, responseTimeout, startupTimeout, jobQueueSize, null);
  }

  /** The same defaults with another number of workers. */
  public ModelDefaults withWorkers(int count) {
    return new ModelDefaults(count, responseTimeout, startupTimeout, jobQueueSize, workerGroup);
  }
}
