package ai.mariner.core.process;

import ai.mariner.core.time.LazyTimer;
import ai.mariner.core.time.Loop;
import java.util.function.LongConsumer;

/**
 * Where a process is in its life, and how long it may stay there without a sign of progress. On the
 * pool's loop.
 */
final class PhaseWatch {
  private final WorkerPlan plan;
  private final Loop loop;
  private final Slots slots;
  private final LazyTimer watch;

  private WorkerPhase phase = WorkerPhase.STARTING;
  private boolean stopping;
  private long phaseNanos;
  private long idleNanos;
  private long stopNanos;
  private long heartbeatNanos;
  private long heartbeatNumber;
  private boolean heartbeatAwaited;
  private boolean shared;

  /**
   * Makes a watch that sleeps until the first phase is entered.
   *
   * @param slots what the process works on
   * @param overdue told the time when the process has shown nothing for too long
   */
  PhaseWatch(WorkerPlan plan, Loop loop, Slots slots, LongConsumer overdue) {
    this.plan = plan;
    this.loop = loop;
    this.slots = slots;
    this.watch = new LazyTimer(loop, this::dueNanos, overdue);
  }

  /** Several models share the process; its start, and their order, are for others to watch. */
  void shared() {
    shared = true;
  }

  WorkerPhase phase() {
    return phase;
  }

  /** Whether the process is to exit when it has nothing left to do. */
  boolean stopping() {
    return stopping;
  }

  /** A phase begins. */
  void enter(WorkerPhase next) {
    phase = next;
    phaseNanos = loop.nanoTime();
    idleNanos = phaseNanos;
    heartbeatAwaited = false;
    look();
  }

  /** A phase begins that has what is left of the time for the one before. */
  void goOnTo(WorkerPhase next) {
    phase = next;
  }

  /** The process has ended, or is given up; watches no more. */
  void end() {
    phase = WorkerPhase.ENDED;
    watch.sleep();
  }

  /** Time since the phase began. */
  long inPhaseNanos(long now) {
    return now - phaseNanos;
  }

  /** Looks again: what the process works on has changed. */
  void lookAgain() {
    look();
  }

  /** A run is handed to a process that had none. */
  void busy(long now) {
    watch.lookBy(now + plan.responseTimeout().toNanos());
  }

  /** The process has nothing to do from now on. */
  void idle(long now) {
    idleNanos = now;
    look();
  }

  /** The process is to exit when it has nothing left to do. */
  void stops() {
    stopping = true;
  }

  /** The process is asked to exit. */
  void stopAsked() {
    stopNanos = loop.nanoTime();
    look();
  }

  /** The process is asked for a sign of life; returns the number that it has to answer with. */
  long heartbeatAsked(long now) {
    heartbeatAwaited = true;
    heartbeatNanos = now;
    look();
    return ++heartbeatNumber;
  }

  /** Takes a sign of life; false if it is not the one that was asked for. */
  boolean heartbeatAnswered(long number) {
    if (number != heartbeatNumber) {
      return false;
    }
    heartbeatAwaited = false;
    return true;
  }

  /** Whether a busy process that runs several at once has failed to give a sign of life. */
  boolean loopStuck(long now) {
    return heartbeatAwaited && now - heartbeatNanos >= patienceNanos();
  }

  /** Whether it is time to ask a process that runs several at once for a sign of life. */
  boolean loopUnasked(long now) {
    return !heartbeatAwaited && now - idleNanos >= plan.heartbeatInterval().toNanos();
  }

  /** Whether a sign of life was asked for and has not come. */
  boolean heartbeatAwaited() {
    return heartbeatAwaited;
  }

  private void look() {
    watch.lookBy(dueNanos());
  }

  /** Whether the process ought to have shown something by now. */
  boolean due() {
    return dueNanos() - loop.nanoTime() <= 0;
  }

  /** When the process has to have shown something; {@link Long#MAX_VALUE}: never. */
  private long dueNanos() {
    return switch (phase) {
      case STARTING -> shared ? Long.MAX_VALUE : phaseNanos + plan.connectTimeout().toNanos();
      case LOADING, WARMING -> phaseNanos + plan.startupTimeout().toNanos();
      case READY -> slots.isEmpty() ? dueWhenIdle() : dueWhenBusy();
      case DYING -> phaseNanos + WorkerPlan.KILL_GRACE.toNanos();
      // A process that ends as it was told may take its time; one that runs something keeps it.
      case LOST ->
          phaseNanos
              + (stopping && slots.isEmpty() ? plan.stopTimeout() : plan.exitGrace()).toNanos();
      case ENDED -> Long.MAX_VALUE;
    };
  }

  private long dueWhenBusy() {
    long due = slots.dueNanos(loop.nanoTime(), plan.responseTimeout().toNanos());
    return plan.runMode().open() ? earlier(due, dueOfLoop()) : due;
  }

  /** A process that runs several at once gives signs of life all the time. */
  private long dueOfLoop() {
    return heartbeatAwaited
        ? heartbeatNanos + patienceNanos()
        : idleNanos + plan.heartbeatInterval().toNanos();
  }

  /** A busy loop may hold a sign of life back for as long as a run may take. */
  private long patienceNanos() {
    return Math.max(plan.heartbeatTimeout().toNanos(), plan.responseTimeout().toNanos());
  }

  private static long earlier(long due, long other) {
    return due == Long.MAX_VALUE || other - due < 0 ? other : due;
  }

  private long dueWhenIdle() {
    if (stopping) {
      return stopNanos + plan.stopTimeout().toNanos();
    }
    return heartbeatAwaited
        ? heartbeatNanos + plan.heartbeatTimeout().toNanos()
        : idleNanos + plan.heartbeatInterval().toNanos();
  }
}
