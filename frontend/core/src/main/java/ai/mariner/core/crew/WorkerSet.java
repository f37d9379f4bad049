package ai.mariner.core.crew;

import ai.mariner.core.job.Job;
import ai.mariner.core.job.LossCause;
import ai.mariner.core.job.Run;
import ai.mariner.core.job.RunGroup;
import ai.mariner.core.process.Worker;
import ai.mariner.core.process.WorkerSnapshot;
import ai.mariner.core.worker.WorkerLink.CancelReason;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The workers that a pool has, also those on their way in and out. On the pool's loop. */
public final class WorkerSet {
  private final List<Worker> workers = new ArrayList<>();
  private int cursor;

  void add(Worker worker) {
    workers.add(worker);
  }

  void remove(Worker worker) {
    workers.remove(worker);
  }

  boolean isEmpty() {
    return workers.isEmpty();
  }

  /** A copy, for those who make workers come or go meanwhile. */
  List<Worker> all() {
    return List.copyOf(workers);
  }

  /** Those that were not told to stop; a copy. */
  List<Worker> staying() {
    List<Worker> staying = new ArrayList<>();
    for (int i = 0; i < workers.size(); i++) {
      if (!workers.get(i).stopping()) {
        staying.add(workers.get(i));
      }
    }
    return staying;
  }

  public void killAll(LossCause cause) {
    all().forEach(worker -> worker.kill(cause));
  }

  /** Kills all workers that serve, or seem to. */
  public void killReady(LossCause cause) {
    for (Worker worker : all()) {
      if (worker.ready()) {
        worker.kill(cause);
      }
    }
  }

  /** Whether a worker could take a run, or ought to be done with the one that it has. */
  public boolean able() {
    for (int i = 0; i < workers.size(); i++) {
      if (workers.get(i).able()) {
        return true;
      }
    }
    return false;
  }

  /** Whether a worker serves, or will soon unless something goes wrong for the first time. */
  boolean hopeful() {
    for (int i = 0; i < workers.size(); i++) {
      if (workers.get(i).hopeful()) {
        return true;
      }
    }
    return false;
  }

  public int idleCount() {
    int count = 0;
    for (int i = 0; i < workers.size(); i++) {
      if (free(workers.get(i))) {
        count++;
      }
    }
    return count;
  }

  /** Runs that could begin now. */
  public int room() {
    int room = 0;
    for (int i = 0; i < workers.size(); i++) {
      room += workers.get(i).room();
    }
    return room;
  }

  /** Workers that are busy; one that runs several at once counts by the share of its slots. */
  public double busyCount() {
    double count = 0;
    for (int i = 0; i < workers.size(); i++) {
      count += workers.get(i).busyShare();
    }
    return count;
  }

  /**
   * The worker that could begin a run at once and has least to do, in turn; absent: none could.
   *
   * @param group the run's group; absent: none
   */
  public @Nullable Worker nextFree(@Nullable RunGroup group) {
    Worker best = null;
    int size = workers.size();
    int start = cursor + 1 < size ? cursor + 1 : 0;
    for (int i = 0; i < size; i++) {
      int at = start + i;
      Worker worker = workers.get(at < size ? at : at - size);
      if (worker.takes(group) && (best == null || worker.load() < best.load())) {
        best = worker;
        if (best.load() == 0) {
          break;
        }
      }
    }
    if (best != null) {
      cursor = workers.indexOf(best);
    }
    return best;
  }

  /**
   * The busy worker that has most room for runs ahead; absent: none may be given one.
   *
   * @param batchSize most requests in a batch
   * @param waiting requests that wait
   * @param inOrder whether none of them will be overtaken
   */
  public @Nullable Worker nextWithRoom(int batchSize, int waiting, boolean inOrder) {
    Worker best = null;
    int most = 0;
    int size = workers.size();
    for (int i = 0; i < size; i++) {
      Worker worker = workers.get(i);
      int room = worker.roomAhead(batchSize, waiting, inOrder && size == 1);
      if (room > most) {
        most = room;
        best = worker;
      }
    }
    return best;
  }

  /** Asks for turns in processes that are at work for other models. */
  public void awaitTurns() {
    for (int i = 0; i < workers.size(); i++) {
      workers.get(i).awaitTurn();
    }
  }

  /** Lets all workers begin what they were handed over, before the turn's other work is done. */
  public void flush() {
    for (int i = 0; i < workers.size(); i++) {
      workers.get(i).flush();
    }
  }

  public void cancel(Run run, Job job, CancelReason reason) {
    for (int i = 0; i < workers.size(); i++) {
      Worker worker = workers.get(i);
      if (worker.has(run)) {
        worker.cancel(run, job, reason);
        return;
      }
    }
  }

  /** How many were not told to stop. */
  public int stayingCount() {
    int count = 0;
    for (int i = 0; i < workers.size(); i++) {
      if (!workers.get(i).stopping()) {
        count++;
      }
    }
    return count;
  }

  /** All, also those that stop. */
  public int count() {
    return workers.size();
  }

  /** Those that could begin a run at once, the one with least to do first; a copy. */
  public List<Worker> free() {
    List<Worker> free = new ArrayList<>();
    for (int i = 0; i < workers.size(); i++) {
      if (free(workers.get(i))) {
        free.add(workers.get(i));
      }
    }
    free.sort(Comparator.comparingInt(Worker::load));
    return free;
  }

  public int readyCount() {
    int count = 0;
    for (int i = 0; i < workers.size(); i++) {
      if (workers.get(i).ready()) {
        count++;
      }
    }
    return count;
  }

  /** Process ids of those that are connected. */
  List<Long> pids() {
    List<Long> pids = new ArrayList<>();
    for (Worker worker : workers) {
      Long pid = worker.pid();
      if (pid != null) {
        pids.add(pid);
      }
    }
    return pids;
  }

  public List<WorkerSnapshot> statuses() {
    List<WorkerSnapshot> statuses = new ArrayList<>();
    for (Worker worker : workers) {
      statuses.add(worker.status());
    }
    return statuses;
  }

  private static boolean free(Worker worker) {
    return worker.takes(null);
  }
}
