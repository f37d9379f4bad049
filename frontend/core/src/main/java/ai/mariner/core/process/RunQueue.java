package ai.mariner.core.process;

import ai.mariner.core.job.Run;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The runs that a process has: it works on the first, the others were sent ahead and wait for it.
 */
final class RunQueue {
  private final ArrayDeque<Run> runs = new ArrayDeque<>();
  private final ServiceTimes times = new ServiceTimes();
  private int slots = 1;
  private int served;

  /**
   * Says how many of its runs the process may have begun at once; it answers in order all the same.
   */
  void slots(int atOnce) {
    slots = atOnce;
  }

  boolean isEmpty() {
    return runs.isEmpty();
  }

  /** How many it has. */
  int size() {
    return runs.size();
  }

  boolean has(Run run) {
    return runs.contains(run);
  }

  /** What the process works on. */
  @Nullable Run head() {
    return runs.peekFirst();
  }

  void add(Run run) {
    if (runs.isEmpty()) {
      run.started(run.dispatchNanos());
    }
    runs.addLast(run);
    markPrepared();
  }

  /**
   * Runs that could be sent ahead. Waiting makes batches grow, so a batch goes ahead only when it
   * is full, or when it is no smaller than the one before it and something is gained: runs are
   * short, or it can be prepared.
   *
   * @param batchSize most requests in a batch
   * @param waiting requests that wait
   * @param certain whether what waits goes to this worker in any case, and in this order: no other
   *     worker could be free sooner, no request overtakes another
   */
  int room(int batchSize, int waiting, boolean certain) {
    Run last = runs.peekLast();
    if (waiting < batchSize
        && (last == null || waiting < last.jobs().size() || !(slots > 1 || times.shortRuns()))) {
      return 0;
    }
    return Math.max(0, Math.max(slots, times.depth(batchSize, certain)) - runs.size());
  }

  /** Requests that it has served. */
  int served() {
    return served;
  }

  /** Takes out the first run, which has ended; the next one begins. */
  void headEnded(long now) {
    Run ended = runs.removeFirst();
    times.add(now - ended.startNanos());
    served += ended.jobs().size();
    Run next = runs.peekFirst();
    if (next != null) {
      next.started(now);
      markPrepared();
    }
  }

  /** Marks those that the process may begin beside the first: the next ones, none of them alone. */
  private void markPrepared() {
    if (slots == 1) {
      return;
    }
    int at = 0;
    for (Run run : runs) {
      if (at == slots || !run.sociable()) {
        return;
      }
      if (at > 0) {
        run.markPrepared();
      }
      at++;
    }
  }

  /** Takes out everything: the process is lost. */
  List<Run> takeAll() {
    List<Run> all = new ArrayList<>(runs);
    runs.clear();
    return all;
  }
}
