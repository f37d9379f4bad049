package ai.mariner.core.config;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * When the number of workers follows the load, between {@code minWorkers} and {@code maxWorkers}.
 *
 * @param queueWait a worker is added while the oldest waiting request has waited for longer
 * @param cooldown least time between two changes; a worker is taken away after so long without need
 *     for it
 */
public record Autoscale(Duration queueWait, Duration cooldown) {
  private static final int DEFAULT_QUEUE_WAIT_MILLIS = 50;
  private static final int DEFAULT_COOLDOWN_SECONDS = 30;

  /**
   * Joins the keys of a configuration.
   *
   * @param on {@code autoscale}
   * @param queueWaitMillis {@code autoscaleQueueWaitMs}
   * @param cooldownSeconds {@code autoscaleCooldownSec}
   * @return {@code null} unless switched on
   */
  public static @Nullable Autoscale of(
      @Nullable Boolean on, @Nullable Integer queueWaitMillis, @Nullable Integer cooldownSeconds) {
    if (on == null || !on) {
      return null;
    }
    return new Autoscale(
        Duration.ofMillis(queueWaitMillis == null ? DEFAULT_QUEUE_WAIT_MILLIS : queueWaitMillis),
        Duration.ofSeconds(cooldownSeconds == null ? DEFAULT_COOLDOWN_SECONDS : cooldownSeconds));
  }
}
