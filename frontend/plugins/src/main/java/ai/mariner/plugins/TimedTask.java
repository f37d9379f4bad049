package ai.mariner.plugins;

import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A task of a plugin with its deadline. What comes after its outcome is told to nobody. */
final class TimedTask<T> implements Runnable {
  private static final Logger log = LoggerFactory.getLogger(TimedTask.class);

  private enum State {
    WAITING,
    RUNNING,
    OVER
  }

  private final Callable<T> work;
  private final Consumer<Outcome<T>> outcome;
  private final Runnable cleanup;
  private State state = State.WAITING;
  private boolean told;
  private @Nullable Thread runner;
  private @Nullable Future<?> watch;

  TimedTask(Callable<T> work, Consumer<Outcome<T>> outcome, Runnable cleanup) {
    this.work = work;
    this.outcome = outcome;
    this.cleanup = cleanup;
  }

  /** Notes what looks at the deadline, to be called off when the task has ended. */
  void watchedBy(Future<?> future) {
    boolean over;
    synchronized (this) {
      watch = future;
      over = state == State.OVER;
    }
    if (over) {
      future.cancel(false);
    }
  }

  @Override
  public void run() {
    synchronized (this) {
      if (state != State.WAITING) {
        return;
      }
      state = State.RUNNING;
      runner = Thread.currentThread();
    }
    Outcome<T> result;
    try {
      result = new Outcome.Done<>(work.call());
    } catch (Throwable thrown) {
      // Whatever a plugin throws, also an Error, is its own.
      result = new Outcome.Threw<>(thrown);
    }
    Future<?> watching;
    synchronized (this) {
      state = State.OVER;
      runner = null;
      watching = watch;
    }
    // The deadline may have interrupted at the very end; the next task must not see that.
    boolean unused = Thread.interrupted();
    if (watching != null) {
      watching.cancel(false);
    }
    cleanup.run();
    tell(result);
  }

  /** The time is over. */
  void expire() {
    boolean never;
    boolean first;
    synchronized (this) {
      // Before the interruption, which may make the task end at once.
      first = !told;
      told = true;
      never = state == State.WAITING;
      if (never) {
        state = State.OVER;
      }
      Thread running = runner;
      if (running != null) {
        running.interrupt();
      }
    }
    if (never) {
      cleanup.run();
    }
    if (first) {
      hand(new Outcome.Late<>());
    }
  }

  /** There is no room. */
  void refuse() {
    synchronized (this) {
      if (state != State.WAITING) {
        return;
      }
      state = State.OVER;
    }
    cleanup.run();
    tell(new Outcome.Refused<>());
  }

  private void tell(Outcome<T> result) {
    synchronized (this) {
      if (told) {
        return;
      }
      told = true;
    }
    hand(result);
  }

  private void hand(Outcome<T> result) {
    try {
      outcome.accept(result);
    } catch (RuntimeException e) {
      log.error("the outcome of a plugin's task was lost", e);
    }
  }
}
