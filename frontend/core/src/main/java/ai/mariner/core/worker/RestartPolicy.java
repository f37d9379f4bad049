package ai.mariner.core.worker;

import java.time.Duration;

/**
 * How long to wait before the next start of a worker that ended by itself: 1, 1, 2, 3, 5 … seconds,
 * at most 30, for ever. A worker that served for a while begins anew.
 */
public record RestartPolicy(Duration longest, Duration forgiveAfter) {
  /** The server's policy. */
  public static final RestartPolicy STANDARD =
      new RestartPolicy(Duration.ofSeconds(30), Duration.ofSeconds(60));

  /**
   * The wait before a start.
   *
   * @param failuresInARow ends since the worker last served for {@link #forgiveAfter}; at least 1
   */
  public Duration delay(int failuresInARow) {
    long previous = 0;
    long seconds = 1;
    for (int i = 1; i < failuresInARow && seconds < longest.toSeconds(); i++) {
      long next = previous + seconds;
      previous = seconds;
      seconds = next;
    }
    return Duration.ofSeconds(Math.min(seconds, longest.toSeconds()));
  }
}
