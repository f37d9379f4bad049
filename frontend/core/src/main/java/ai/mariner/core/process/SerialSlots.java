package ai.mariner.core.process;

import ai.mariner.core.job.Run;
import ai.mariner.core.job.RunGroup;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The runs that a process has: it works on the first, the others were sent ahead and wait for it.
 */
final class SerialSlots implements Slots {
  private final ArrayDeque<Run> runs = new ArrayDeque<>();
  private final ServiceTimes times = new ServiceTimes();
  private int slots = 1;
  private int served;

  /** It answers in order all the same. */
  @Override
  public void loaded(int atOnce) {
    slots = atOnce;
  }

  @Override
  public boolean isEmpty() {
    return runs.isEmpty();
  }

  @Override
  public int size() {
    return runs.size();
  }

  @Override
  public boolean has(Run run) {
    return runs.contains(run);
  }

  /** What the process works on. */
  @Nullable Run head() {
    return runs.peekFirst();
  }

  @Override
  public void add(Run run) {
    if (runs.isEmpty()) {
      run.started(run.dispatchNanos());
    }
    runs.addLast(run);
    markPrepared();
  }

  @Override
  public boolean hasRoomFor(@Nullable RunGroup group) {
    return runs.isEmpty();
  }

  /**
   * Waiting makes batches grow, so a batch goes ahead only when it is full, or when it is no
   * smaller than the one before it and something is gained: runs are short, or it can be prepared.
   */
  @Override
  public int roomAhead(int batchSize, int waiting, boolean certain) {
    Run last = runs.peekLast();
    if (waiting < batchSize
        && (last == null || waiting < last.jobs().size() || !(slots > 1 || times.shortRuns()))) {
      return 0;
    }
    return Math.max(0, Math.max(slots, times.depth(batchSize, certain)) - runs.size());
  }

  @Override
  public int served() {
    return served;
  }

  /** Answers come in order: only the first run can have any. */
  @Override
  public @Nullable Run find(long runId) {
    Run head = runs.peekFirst();
    return head != null && head.id() == runId ? head : null;
  }

  @Override
  public void ended(Run ended, long now) {
    runs.remove(ended);
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

  @Override
  public int room() {
    return runs.isEmpty() ? 1 : 0;
  }

  @Override
  public double busyShare() {
    return runs.isEmpty() ? 0 : 1;
  }

  @Override
  public long dueNanos(long now, long limitNanos) {
    Run head = runs.peekFirst();
    if (head == null) {
      return Long.MAX_VALUE;
    }
    return (head.waitsForReader() ? now : head.progressNanos()) + limitNanos;
  }

  @Override
  public List<Run> takeAll() {
    List<Run> all = new ArrayList<>(runs);
    runs.clear();
    return all;
  }
}
