package ai.mariner.core.process;

import ai.mariner.core.job.Run;
import ai.mariner.core.job.RunGroup;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Runs that are under way at the same time and end in any order, each with a clock of its own. None
 * is sent ahead.
 */
final class OpenSlots implements Slots {
  /** How long runs that were given up may take to end, when nothing else can run meanwhile. */
  private static final long CANCEL_GRACE_NANOS = Duration.ofSeconds(1).toNanos();

  private final Map<Long, Run> runs = new LinkedHashMap<>();
  private int limit;
  private int served;

  /**
   * Makes empty slots.
   *
   * @param limit most runs at once, at least 1
   */
  OpenSlots(int limit) {
    this.limit = limit;
  }

  @Override
  public void loaded(int atOnce) {
    limit = Math.max(1, Math.min(atOnce, limit));
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
    return runs.get(run.id()) == run;
  }

  @Override
  public boolean hasRoomFor(@Nullable RunGroup group) {
    if (runs.isEmpty()) {
      return true;
    }
    return runs.size() < limit && runs.values().iterator().next().group() == group;
  }

  @Override
  public int roomAhead(int batchSize, int waiting, boolean certain) {
    return 0;
  }

  @Override
  public void add(Run run) {
    run.started(run.dispatchNanos());
    runs.put(run.id(), run);
  }

  @Override
  public @Nullable Run find(long runId) {
    return runs.get(runId);
  }

  @Override
  public void ended(Run run, long now) {
    runs.remove(run.id());
    served += run.jobs().size();
  }

  @Override
  public int served() {
    return served;
  }

  @Override
  public int room() {
    return Math.max(0, limit - runs.size());
  }

  @Override
  public double busyShare() {
    return (double) runs.size() / limit;
  }

  @Override
  public long dueNanos(long now, long limitNanos) {
    long due = Long.MAX_VALUE;
    for (Run run : runs.values()) {
      if (!run.givenUp()) {
        long at = (run.waitsForReader() ? now : run.progressNanos()) + limitNanos;
        due = due == Long.MAX_VALUE || at - due < 0 ? at : due;
      }
    }
    return noneIsHopedFor() ? lastGivenUpNanos() + CANCEL_GRACE_NANOS : due;
  }

  /** The runs that have shown nothing for too long and were not given up before. */
  List<Run> overdue(long now, long limitNanos) {
    List<Run> late = new ArrayList<>();
    for (Run run : runs.values()) {
      if (!run.givenUp() && !run.waitsForReader() && now - run.progressNanos() >= limitNanos) {
        late.add(run);
      }
    }
    return late;
  }

  /** Whether every slot holds a run that was given up and has not ended when asked to. */
  boolean stuck(long now) {
    return noneIsHopedFor() && now - lastGivenUpNanos() >= CANCEL_GRACE_NANOS;
  }

  private boolean noneIsHopedFor() {
    return runs.size() >= limit && runs.values().stream().allMatch(Run::givenUp);
  }

  private long lastGivenUpNanos() {
    long last = runs.values().iterator().next().givenUpNanos();
    for (Run run : runs.values()) {
      last = run.givenUpNanos() - last > 0 ? run.givenUpNanos() : last;
    }
    return last;
  }

  @Override
  public List<Run> takeAll() {
    List<Run> all = new ArrayList<>(runs.values());
    runs.clear();
    return all;
  }
}
