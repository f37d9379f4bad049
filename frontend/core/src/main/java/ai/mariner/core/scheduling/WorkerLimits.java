package ai.mariner.core.scheduling;

import org.jspecify.annotations.Nullable;

/** How long a worker may take for what it does: remembers since when it does it. */
final class WorkerLimits {
  private final WorkerPlan plan;
  private long phaseNanos;
  private long idleNanos;
  private long stopNanos;
  private long heartbeatNanos;
  private long heartbeatNumber;
  private boolean heartbeatAwaited;

  WorkerLimits(WorkerPlan plan) {
    this.plan = plan;
  }

  /** A phase begins. */
  void phaseBegan(long now) {
    phaseNanos = now;
    heartbeatAwaited = false;
  }

  /** Time since the phase began. */
  long inPhaseNanos(long now) {
    return now - phaseNanos;
  }

  /** The worker has nothing to do from now on. */
  void becameIdle(long now) {
    idleNanos = now;
  }

  /** The worker is asked to exit. */
  void stopAsked(long now) {
    stopNanos = now;
  }

  /** The worker is asked for a sign of life; returns the number that it has to answer with. */
  long heartbeatAsked(long now) {
    heartbeatAwaited = true;
    heartbeatNanos = now;
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

  /** Whether a sign of life was asked for and has not come. */
  boolean heartbeatAwaited() {
    return heartbeatAwaited;
  }

  /**
   * When the worker has to have shown something; {@link Long#MAX_VALUE}: never.
   *
   * @param head what it works on; absent: nothing
   * @param stopping whether it is to exit when it has nothing left
   */
  long dueNanos(WorkerPhase phase, @Nullable Run head, boolean stopping, long now) {
    return switch (phase) {
      case STARTING -> phaseNanos + plan.connectTimeout().toNanos();
      case LOADING, WARMING -> phaseNanos + plan.startupTimeout().toNanos();
      case READY ->
          head == null
              ? dueWhenIdle(stopping)
              : (head.waitsForReader() ? now : head.progressNanos())
                  + plan.responseTimeout().toNanos();
      case DYING -> phaseNanos + WorkerPlan.KILL_GRACE.toNanos();
      // A worker that ends as it was told may take its time; one that runs something keeps it.
      case LOST ->
          phaseNanos
              + (stopping && head == null ? plan.stopTimeout() : WorkerPlan.EXIT_GRACE).toNanos();
      case BACKING_OFF, ENDED -> Long.MAX_VALUE;
    };
  }

  private long dueWhenIdle(boolean stopping) {
    if (stopping) {
      return stopNanos + plan.stopTimeout().toNanos();
    }
    return heartbeatAwaited
        ? heartbeatNanos + plan.heartbeatTimeout().toNanos()
        : idleNanos + plan.heartbeatInterval().toNanos();
  }
}
