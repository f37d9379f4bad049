package ai.mariner.core.scheduling;

import ai.mariner.core.error.Failure;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What others are told of how ready a pool is: in calls that ask, and those who wait until it is.
 * Written on the pool's loop.
 */
final class ReadinessBoard {
  private final List<CompletableFuture<Void>> waiters = new ArrayList<>();
  private boolean everReady;
  private boolean failed;
  private @Nullable LossCause lastCause;
  private volatile Readiness readiness;

  /** Until the first note, so many workers are wanted and none is ready. */
  ReadinessBoard(int wanted) {
    this.readiness = new Readiness(wanted, 0, false, false, null);
  }

  /** May be read from any thread. */
  Readiness readiness() {
    return readiness;
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

  /** Shows the present state; {@code wanted}: workers without which the pool is not ready. */
  void show(int wanted, int ready) {
    readiness = new Readiness(wanted, ready, everReady, failed, lastFailure());
  }

  @Nullable String lastFailure() {
    return lastCause == null ? null : lastCause.text();
  }

  /** Somebody waits until the number that is wanted is ready. */
  void await(CompletableFuture<Void> waiter) {
    waiters.add(waiter);
  }

  /** Tells all who wait that the pool is ready. */
  void tellReady() {
    takeWaiters().forEach(waiter -> waiter.complete(null));
  }

  /** Tells all who wait that they do so in vain. */
  void tell(Failure failure) {
    takeWaiters().forEach(waiter -> waiter.completeExceptionally(failure.toException()));
  }

  private List<CompletableFuture<Void>> takeWaiters() {
    List<CompletableFuture<Void>> told = List.copyOf(waiters);
    waiters.clear();
    return told;
  }
}
