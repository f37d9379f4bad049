package ai.mariner.plugins;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Threads of plugins, beside the event loops: a bounded number of them, a bounded queue, and a
 * deadline for each task. Thread-safe.
 */
public final class PluginThreads implements AutoCloseable {
  /** Tasks that may wait for each thread. */
  private static final int WAITING_PER_THREAD = 16;

  private static final long IDLE_SECONDS = 30;

  private final ThreadPoolExecutor threads;
  private final ScheduledExecutorService clock;
  private final Duration limit;

  /**
   * Makes threads that start when they are needed.
   *
   * @param name what they are called
   * @param count how many there are at most
   * @param limit how long a task may take, with its wait for a thread
   * @param clock looks at deadlines
   */
  public PluginThreads(String name, int count, Duration limit, ScheduledExecutorService clock) {
    AtomicInteger numbers = new AtomicInteger();
    this.threads =
        new ThreadPoolExecutor(
            count,
            count,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(count * WAITING_PER_THREAD),
            task -> {
              Thread thread = new Thread(task, name + '-' + numbers.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
    this.threads.allowCoreThreadTimeOut(true);
    this.clock = clock;
    this.limit = limit;
  }

  /** How long a task may take. */
  public Duration limit() {
    return limit;
  }

  /**
   * Runs a task.
   *
   * @param work what to do; interrupted when its time is over
   * @param outcome told once, by any thread: when the task ends or its time is over, whichever is
   *     sooner, or at once if there is no room for it
   * @param cleanup run once, when nothing of the task runs any more
   */
  public <T> void run(Callable<T> work, Consumer<Outcome<T>> outcome, Runnable cleanup) {
    TimedTask<T> task = new TimedTask<>(work, outcome, cleanup);
    try {
      threads.execute(task);
      task.watchedBy(clock.schedule(() -> expire(task), limit.toNanos(), TimeUnit.NANOSECONDS));
    } catch (RejectedExecutionException full) {
      task.refuse();
    }
  }

  private void expire(TimedTask<?> task) {
    threads.remove(task);
    task.expire();
  }

  /** Ends all tasks that heed an interruption; the threads are daemons. */
  @Override
  public void close() {
    for (Runnable waiting : threads.shutdownNow()) {
      ((TimedTask<?>) waiting).refuse();
    }
  }
}
