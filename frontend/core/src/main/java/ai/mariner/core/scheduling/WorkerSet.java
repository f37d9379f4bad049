package ai.mariner.core.scheduling;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.time.Loop;
import ai.mariner.core.worker.WorkerLink.CancelReason;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The workers of a pool: as many as are wanted, those that are on their way out, and who waits for
 * them. On the pool's loop.
 */
final class WorkerSet {
  private final Refusals refusals;
  private final WorkerFactory factory;
  private final Loop loop;
  private final WorkerHost host;
  private final List<Worker> workers = new ArrayList<>();
  private final List<CompletableFuture<Void>> waiters = new ArrayList<>();

  private boolean begun;
  private int wanted;
  private int cursor;
  private boolean everReady;
  private boolean failed;
  private @Nullable LossCause lastCause;
  private @Nullable Runnable whenEmpty;
  private volatile Readiness readiness;

  /**
   * Makes an empty set.
   *
   * @param expected workers that the first {@link #resize} will ask for; until then the pool counts
   *     as loading
   */
  WorkerSet(Refusals refusals, int expected, WorkerFactory factory, Loop loop, WorkerHost host) {
    this.refusals = refusals;
    this.wanted = expected;
    this.factory = factory;
    this.loop = loop;
    this.host = host;
    this.readiness = new Readiness(expected, 0, false, false, null);
  }

  /** May be read from any thread. */
  Readiness readiness() {
    return readiness;
  }

  /** Starts or stops workers until so many are left; the future hears when they are ready. */
  void resize(int count, CompletableFuture<Void> done) {
    begun = true;
    wanted = count;
    failed = false;
    everReady = false;
    List<Worker> staying = new ArrayList<>();
    for (Worker worker : workers) {
      if (!worker.stopping()) {
        staying.add(worker);
      }
    }
    while (staying.size() < count) {
      Worker worker = factory.create(freePlace(staying), loop, host);
      workers.add(worker);
      staying.add(worker);
      worker.start();
    }
    // First those that don't serve, then idle ones: they cost nobody an answer.
    staying.sort(Comparator.comparing(Worker::ready).thenComparing(worker -> !worker.idle()));
    for (int i = 0; i < staying.size() - count; i++) {
      staying.get(i).stop();
    }
    waiters.add(done);
    settleWaiters();
  }

  /** The first place that none of these workers has, so that devices stay evenly used. */
  private static int freePlace(List<Worker> taken) {
    int place = 0;
    while (isTaken(place, taken)) {
      place++;
    }
    return place;
  }

  private static boolean isTaken(int place, List<Worker> taken) {
    for (Worker worker : taken) {
      if (worker.place() == place) {
        return true;
      }
    }
    return false;
  }

  void becameReady() {
    settleWaiters();
  }

  void loadFailed(LossCause cause) {
    lastCause = cause;
    failed = true;
    Failure failure = refusals.loadFailed(cause);
    List<CompletableFuture<Void>> told = List.copyOf(waiters);
    waiters.clear();
    publish();
    told.forEach(waiter -> waiter.completeExceptionally(failure.toException()));
  }

  void lost(LossCause cause) {
    if (cause.kind() != ErrorKind.SHUTTING_DOWN) {
      lastCause = cause;
    }
    publish();
  }

  void gone(Worker worker) {
    workers.remove(worker);
    publish();
    Runnable told = whenEmpty;
    if (told != null && workers.isEmpty()) {
      whenEmpty = null;
      told.run();
    }
  }

  void stopAll(Runnable whenAllGone) {
    wanted = 0;
    failWaiters();
    if (workers.isEmpty()) {
      whenAllGone.run();
      return;
    }
    whenEmpty = whenAllGone;
    List.copyOf(workers).forEach(Worker::stop);
  }

  void killAll(LossCause cause) {
    List.copyOf(workers).forEach(worker -> worker.kill(cause));
  }

  /** Replaces all workers that serve, or seem to. */
  void recycle(LossCause cause) {
    for (Worker worker : List.copyOf(workers)) {
      if (worker.ready()) {
        worker.kill(cause);
      }
    }
    publish();
  }

  /** Whether a worker could take a run, or ought to be done with the one that it has. */
  boolean able() {
    for (int i = 0; i < workers.size(); i++) {
      if (workers.get(i).able()) {
        return true;
      }
    }
    return false;
  }

  /** Whether any worker is to be kept alive. */
  boolean wanted() {
    return wanted > 0;
  }

  /** Why a request can't be taken: no worker serves or is about to; {@code null} if it can. */
  @Nullable Failure refusal() {
    if (wanted == 0) {
      return refusals.noWorkers();
    }
    if (!begun) {
      return null;
    }
    for (int i = 0; i < workers.size(); i++) {
      if (workers.get(i).hopeful()) {
        return null;
      }
    }
    return refusals.hopeless(lastCause);
  }

  int idleCount() {
    int count = 0;
    for (int i = 0; i < workers.size(); i++) {
      if (free(workers.get(i))) {
        count++;
      }
    }
    return count;
  }

  /** The next idle worker in turn. */
  @Nullable Worker nextIdle() {
    int size = workers.size();
    for (int i = 0; i < size; i++) {
      cursor = cursor + 1 < size ? cursor + 1 : 0;
      Worker worker = workers.get(cursor);
      if (free(worker)) {
        return worker;
      }
    }
    return null;
  }

  /** The worker that has most room for runs ahead. */
  @Nullable Worker nextWithRoom(int batchSize) {
    Worker best = null;
    int most = 0;
    for (int i = 0; i < workers.size(); i++) {
      Worker worker = workers.get(i);
      int room = worker.roomAhead(batchSize);
      if (room > most) {
        most = room;
        best = worker;
      }
    }
    return best;
  }

  void cancel(Run run, Job job, CancelReason reason) {
    for (int i = 0; i < workers.size(); i++) {
      Worker worker = workers.get(i);
      if (worker.has(run)) {
        worker.cancel(run, job, reason);
        return;
      }
    }
  }

  int readyCount() {
    int count = 0;
    for (int i = 0; i < workers.size(); i++) {
      if (workers.get(i).ready()) {
        count++;
      }
    }
    return count;
  }

  List<WorkerSnapshot> statuses() {
    List<WorkerSnapshot> statuses = new ArrayList<>();
    for (Worker worker : workers) {
      statuses.add(worker.status());
    }
    return statuses;
  }

  @Nullable String lastFailure() {
    return lastCause == null ? null : lastCause.text();
  }

  private static boolean free(Worker worker) {
    return worker.ready() && worker.idle();
  }

  private void settleWaiters() {
    publish();
    if (readyCount() < wanted) {
      return;
    }
    List<CompletableFuture<Void>> told = List.copyOf(waiters);
    waiters.clear();
    told.forEach(waiter -> waiter.complete(null));
  }

  private void failWaiters() {
    List<CompletableFuture<Void>> told = List.copyOf(waiters);
    waiters.clear();
    publish();
    Failure failure = refusals.removedMeanwhile();
    told.forEach(waiter -> waiter.completeExceptionally(failure.toException()));
  }

  private void publish() {
    int ready = readyCount();
    if (ready >= wanted) {
      everReady = true;
      failed = false;
    }
    readiness = new Readiness(wanted, ready, everReady, failed, lastFailure());
  }
}
