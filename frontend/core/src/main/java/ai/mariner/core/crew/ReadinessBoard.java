package ai.mariner.core.crew;

import ai.mariner.core.error.Failure;
import ai.mariner.core.job.LossCause;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What others are told of how ready a pool is: in calls that ask, and those who wait until it is.
 * Written on the pool's loop.
 */
final class ReadinessBoard {
  private final List<Waiter> waiters = new ArrayList<>();
  private boolean everReady;
  private boolean failed;
  private @Nullable LossCause lastCause;
  private Runnable changed = () -> {};
  private volatile Readiness readiness;

  /** Somebody who waits for the lower bound of workers, or for all that were asked for. */
  private record Waiter(CompletableFuture<Void> done, boolean forAll) {}

  /** Until the first note, so many workers are wanted and none is ready. */
  ReadinessBoard(int wanted) {
    this.readiness = new Readiness(wanted, wanted, 0, false, false, null);
  }

  /** May be read from any thread. */
  Readiness readiness() {
    return readiness;
  }

  /** Says whom to tell when the readiness is another one. Called before anything is shown. */
  void whenChanged(Runnable task) {
    changed = task;
  }

  /** Other numbers of workers are wanted: what was before counts no more. */
  void startAnew() {
    failed = false;
    everReady = false;
  }

  /** Notes the reason of a loss or a failed load. */
  void cause(LossCause cause) {
    lastCause = cause;
  }

  /** Why a worker was last lost or failed to load; absent: none was. */
  @Nullable LossCause cause() {
    return lastCause;
  }

  /** A worker that is needed could not load the model. */
  void loadFailed() {
    failed = true;
  }

  /** The number that is wanted is ready. */
  void complete() {
    everReady = true;
    failed = false;
  }

  /**
   * Shows the present state.
   *
   * @param needed workers without which the pool is not ready
   * @param target workers that there shall be
   */
  void show(int needed, int target, int ready) {
    Readiness now = new Readiness(needed, target, ready, everReady, failed, lastFailure());
    if (!now.equals(readiness)) {
      readiness = now;
      changed.run();
    }
  }

  @Nullable String lastFailure() {
    return lastCause == null ? null : lastCause.text();
  }

  /**
   * Somebody waits until the needed workers are ready; {@code forAll}: until all wanted ones are.
   */
  void await(CompletableFuture<Void> waiter, boolean forAll) {
    waiters.add(new Waiter(waiter, forAll));
  }

  /** Whether somebody waits for more workers than are needed. */
  boolean awaitsAll() {
    return waiters.stream().anyMatch(Waiter::forAll);
  }

  /** Tells those whose workers are ready. */
  void tellReady(int ready, int needed, int all) {
    List<Waiter> told =
        waiters.stream().filter(waiter -> ready >= (waiter.forAll() ? all : needed)).toList();
    waiters.removeAll(told);
    told.forEach(waiter -> waiter.done().complete(null));
  }

  /** Tells all who wait that they do so in vain. */
  void tell(Failure failure) {
    List<Waiter> told = List.copyOf(waiters);
    waiters.clear();
    told.forEach(waiter -> waiter.done().completeExceptionally(failure.toException()));
  }
}
