package ai.mariner.core.crew;

import ai.mariner.core.config.ModelSpec;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.job.LossCause;
import ai.mariner.core.job.Refusals;
import ai.mariner.core.process.Worker;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to it that a pool has the workers it is to have: starts and stops them, tells whether the
 * pool serves, and tells who waits for that. On the pool's loop.
 */
public final class Staffing {
  private static final Logger log = LoggerFactory.getLogger(Staffing.class);

  private final Refusals refusals;
  private final WorkerSet workers;
  private final IntFunction<Worker> recruit;
  private final Headcount headcount;
  private final @Nullable Recycler recycler;
  private final ReadinessBoard board;

  private @Nullable Runnable whenEmpty;

  /**
   * Makes the staffing of a pool that has no workers; until the first {@link #resize} the pool
   * counts as loading.
   *
   * @param factory tells of the machine
   * @param recruit makes a worker for a place of the pool
   */
  public Staffing(CrewContext pool, WorkerFactory factory, IntFunction<Worker> recruit) {
    ModelSpec spec = pool.spec();
    this.refusals = pool.refusals();
    this.workers = pool.workers();
    this.recruit = recruit;
    this.headcount = new Headcount(spec);
    this.board = new ReadinessBoard(headcount.min());
    this.recycler =
        spec.lifespan() == null
            ? null
            : new Recycler(pool, spec.lifespan(), factory.memory(), factory.random(), this::hire);
  }

  /** May be read from any thread. */
  public Readiness readiness() {
    return board.readiness();
  }

  /** Says whom to tell when the readiness is another one. */
  public void whenReadinessChanges(Runnable task) {
    board.whenChanged(task);
  }

  /**
   * Sets the bounds; starts or stops workers until they are kept.
   *
   * @param newMin workers that are kept alive
   * @param newMax most workers, when their number follows the load
   * @param first how many there shall be at first, when their number follows the load
   * @param done hears when {@code newMin} are ready; {@code first} if those are more
   */
  public void resize(int newMin, int newMax, int first, CompletableFuture<Void> done) {
    headcount.bound(newMin, newMax, first);
    board.startAnew();
    fill();
    board.await(done, first > newMin);
    settle();
  }

  /** A request was taken: it needs at least one worker. */
  public void wake() {
    if (!headcount.dormant()) {
      return;
    }
    headcount.wake();
    log.info("model {}: a request has come, {} workers are started", refusals.key(), target());
    fill();
    publish();
  }

  /** Stops all workers until the next request. */
  void unload() {
    headcount.unload();
    if (recycler != null) {
      recycler.reset();
    }
    fill();
    publish();
  }

  /** Whether all workers were stopped for want of requests. */
  public boolean isUnloaded() {
    return headcount.unloaded();
  }

  /** Whether one more worker may be started now: all there are serve, and the bound allows it. */
  boolean canGrow() {
    if (!headcount.mayGrow() || (recycler != null && recycler.busy())) {
      return false;
    }
    return workers.readyCount() >= target();
  }

  /** Whether one worker fewer would still be enough for the lower bound. */
  boolean canShrink() {
    return headcount.mayShrink() && !board.awaitsAll();
  }

  /** Workers that are wanted now. */
  int target() {
    return headcount.target();
  }

  /** Starts one more worker, or stops one. */
  void change(int by) {
    headcount.change(by);
    fill();
    publish();
  }

  private void fill() {
    int target = target();
    List<Worker> staying = workers.staying();
    List<Integer> places = new ArrayList<>();
    if (recycler != null) {
      staying.removeIf(recycler::isSuccessor);
      Integer vacancy = recycler.vacancy();
      if (vacancy != null) {
        places.add(vacancy);
      }
    }
    staying.forEach(worker -> places.add(worker.place()));
    while (places.size() < target) {
      int place = firstFree(places);
      places.add(place);
      var unused = hire(place);
    }
    int surplus = places.size() - target;
    if (surplus > 0 && recycler != null && recycler.vacancy() != null) {
      recycler.dropVacancy();
      surplus--;
    }
    // First those that don't serve, then idle ones: they cost nobody an answer.
    staying.sort(Comparator.comparing(Worker::ready).thenComparing(worker -> !worker.idle()));
    for (int i = 0; i < surplus; i++) {
      staying.get(i).stop();
    }
    if (recycler != null) {
      recycler.staffChanged();
    }
  }

  /** The first place that nobody has, so that devices stay evenly used. */
  private static int firstFree(List<Integer> taken) {
    int place = 0;
    while (taken.contains(place)) {
      place++;
    }
    return place;
  }

  private Worker hire(int place) {
    Worker worker = recruit.apply(place);
    workers.add(worker);
    worker.start();
    return worker;
  }

  /** A worker takes runs from now on. */
  public void ready(Worker worker) {
    if (recycler != null) {
      recycler.ready(worker);
    }
    settle();
  }

  /** A run of this worker has ended. */
  public void runEnded(Worker worker) {
    if (recycler != null) {
      recycler.runEnded(worker);
    }
  }

  /** A worker could not load the model; true if it was given up, since the others are enough. */
  public boolean loadFailed(Worker worker, LossCause cause) {
    board.cause(cause);
    if (recycler != null && recycler.loadFailed(worker, cause)) {
      publish();
      return false;
    }
    if (headcount.couldSpareOne(workers.readyCount())) {
      // Those that are needed serve: this one was only to help them.
      headcount.change(-1);
      log.warn("{} was to help the others and is given up", worker.name());
      worker.stop();
      settle();
      return true;
    }
    board.loadFailed();
    headcount.awake();
    publish();
    board.tell(refusals.loadFailed(cause));
    return false;
  }

  /** A worker was lost, or more is known of that. */
  public void lost(LossCause cause) {
    if (cause.kind() != ErrorKind.SHUTTING_DOWN) {
      board.cause(cause);
    }
    publish();
  }

  /** A worker has ended for good. */
  public void gone(Worker worker) {
    workers.remove(worker);
    if (recycler != null) {
      recycler.gone(worker);
    }
    publish();
    Runnable told = whenEmpty;
    if (told != null && workers.isEmpty()) {
      whenEmpty = null;
      told.run();
    }
  }

  /** Stops all workers for good. */
  public void stopAll(Runnable whenAllGone) {
    headcount.stop();
    if (recycler != null) {
      recycler.sleep();
    }
    publish();
    board.tell(refusals.removedMeanwhile());
    if (workers.isEmpty()) {
      whenAllGone.run();
      return;
    }
    whenEmpty = whenAllGone;
    workers.all().forEach(Worker::stop);
  }

  /** Whether any worker is to be kept alive, now or when a request comes. */
  public boolean wanted() {
    return headcount.wanted();
  }

  /** Why a request can't be taken: no worker serves or is about to; {@code null} if it can. */
  public @Nullable Failure refusal() {
    if (!wanted()) {
      return refusals.noWorkers();
    }
    if (!headcount.begun() || headcount.dormant() || workers.hopeful()) {
      return null;
    }
    boolean comes = recycler != null && recycler.vacancy() != null;
    return comes ? null : refusals.hopeless(board.cause());
  }

  public @Nullable String lastFailure() {
    return board.lastFailure();
  }

  private void settle() {
    publish();
    board.tellReady(workers.readyCount(), headcount.min(), Math.max(headcount.min(), target()));
  }

  /** Shows how the pool stands. */
  public void publish() {
    int ready = workers.readyCount();
    if (ready >= headcount.min()) {
      board.complete();
      headcount.awake();
    }
    board.show(headcount.needed(), target(), ready);
  }
}
