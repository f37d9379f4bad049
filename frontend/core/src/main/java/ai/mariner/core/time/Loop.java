package ai.mariner.core.time;

/**
 * A serial executor with a clock: runs tasks one at a time, in order, never inside {@link
 * #execute}.
 *
 * <p>State that belongs to a loop is touched only from its tasks and needs no lock. The real loop
 * is a network event loop; tests use one in virtual time.
 */
public interface Loop {
  /** Monotonic time in nanoseconds; only differences mean anything. */
  long nanoTime();

  /** Whether the caller runs on this loop. */
  boolean inLoop();

  /**
   * Runs a task after everything that is ready in the current turn of the loop.
   *
   * @throws java.util.concurrent.RejectedExecutionException if the loop has been shut down
   */
  void execute(Runnable task);

  /**
   * Runs a task on the loop after a delay in nanoseconds; a delay of 0 or less means the next turn.
   */
  Timer schedule(Runnable task, long delayNanos);

  /** Runs the task now if the caller is on the loop, else hands it over. */
  default void run(Runnable task) {
    if (inLoop()) {
      task.run();
    } else {
      execute(task);
    }
  }

  /** A task that waits for its time. */
  @FunctionalInterface
  interface Timer {
    /** Drops the task if it has not begun; called on the loop. */
    void cancel();
  }
}
