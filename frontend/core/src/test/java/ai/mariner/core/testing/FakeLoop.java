package ai.mariner.core.testing;

import ai.mariner.core.time.Loop;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * A loop in virtual time. Nothing runs inside {@link #execute} or {@link #schedule}; tasks run on
 * the thread that calls {@link #runReady} or {@link #advance}. Tasks may be handed over from any
 * thread.
 */
public final class FakeLoop implements Loop {
  private static final int TURNS_OF_A_LIVELOCK = 1_000_000;

  private final ArrayDeque<Runnable> ready = new ArrayDeque<>();
  private final PriorityQueue<Waiting> timers =
      new PriorityQueue<>(
          Comparator.comparingLong((Waiting timer) -> timer.at)
              .thenComparingLong(timer -> timer.number));
  private long now = Duration.ofDays(3).toNanos();
  private long scheduled;
  private volatile @Nullable Thread runner;

  private static final class Waiting {
    final Runnable task;
    final long at;
    final long number;

    Waiting(Runnable task, long at, long number) {
      this.task = task;
      this.at = at;
      this.number = number;
    }
  }

  @Override
  public synchronized long nanoTime() {
    return now;
  }

  @Override
  public boolean inLoop() {
    return Thread.currentThread() == runner;
  }

  @Override
  public synchronized void execute(Runnable task) {
    ready.addLast(task);
  }

  @Override
  public synchronized Timer schedule(Runnable task, long delayNanos) {
    Waiting timer = new Waiting(task, now + Math.max(0, delayNanos), scheduled++);
    timers.add(timer);
    return () -> cancel(timer);
  }

  private synchronized void cancel(Waiting timer) {
    timers.remove(timer);
  }

  /** Runs what is ready, and what that makes ready, until nothing is; time stands still. */
  public void runReady() {
    for (int turns = 0; runOne(); turns++) {
      if (turns > TURNS_OF_A_LIVELOCK) {
        throw new AssertionError("tasks go on without end while time stands still");
      }
    }
  }

  /** Runs one task that is ready; false if there is none. */
  public boolean runOne() {
    Runnable task = nextReady();
    if (task == null) {
      return false;
    }
    if (runner != null) {
      throw new AssertionError("the loop is run inside one of its own tasks");
    }
    runner = Thread.currentThread();
    try {
      task.run();
    } finally {
      runner = null;
    }
    return true;
  }

  /** Lets time pass; every timer on the way finds its own time on the clock. */
  public void advance(Duration duration) {
    runReady();
    long until = nanoTime() + duration.toNanos();
    while (moveToNextTimer(until)) {
      runReady();
    }
  }

  /** Timers that have not run and were not cancelled. */
  public synchronized int waitingTimers() {
    return timers.size();
  }

  private synchronized @Nullable Runnable nextReady() {
    Runnable task = ready.pollFirst();
    if (task == null && !timers.isEmpty() && timers.element().at <= now) {
      task = timers.remove().task;
    }
    return task;
  }

  private synchronized boolean moveToNextTimer(long until) {
    Waiting next = timers.peek();
    boolean found = next != null && next.at <= until;
    now = found ? Math.max(now, next.at) : until;
    return found;
  }
}
