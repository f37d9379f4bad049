package ai.mariner.core.worker;

import java.time.Duration;

/**
 * How long to wait before a worker that ended by itself is started again: hardly at all the first
 * time, then 1, 1, 2, 3, 5 … seconds, for ever. A worker that has served since its last loss begins
 * anew.
 *
 * @param first wait after a first loss
 * @param longest upper bound of the wait
 */
public record RestartPolicy(Duration first, Duration longest) {
  /** The server's policy. */
  public static final RestartPolicy STANDARD =
      new RestartPolicy(Duration.ofMillis(100), Duration.ofSeconds(30));

  /**
   * The wait before a start.
   *
   * @param failuresInARow losses since the worker last served, at least 1
   */
  public Duration delay(int failuresInARow) {
    if (failuresInARow <= 1) {
      return first;
    }
    long previous = 0;
    long seconds = 1;
    for (int i = 2; i < failuresInARow && seconds < longest.toSeconds(); i++) {
      long next = previous + seconds;
      previous = seconds;
      seconds = next;
    }
    return Duration.ofSeconds(Math.min(seconds, longest.toSeconds()));
  }
}
