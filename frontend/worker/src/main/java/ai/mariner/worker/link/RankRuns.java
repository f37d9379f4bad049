package ai.mariner.worker.link;

import ai.mariner.core.time.Loop;
import ai.mariner.core.worker.ItemReply;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The runs of a group of ranks. Rank 0 answers, at once; a run is over when all ranks have ended
 * it. A failure is held back for a moment, since the death of another rank is its usual cause. On
 * the group's loop.
 */
final class RankRuns {
  /** How long a failure of rank 0 waits for the others, which may have caused it. */
  static final long HELD_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** How long a run may go on in some ranks when it has failed in another. */
  static final long OUT_OF_STEP_NANOS = TimeUnit.SECONDS.toNanos(5);

  private static final Logger log = LoggerFactory.getLogger(RankRuns.class);

  private final String name;
  private final int ranks;
  private final Loop loop;
  private final Listener listener;
  private final Map<Long, Open> open = new LinkedHashMap<>();

  /** Hears what becomes of runs. */
  interface Listener {
    /** As {@link ai.mariner.core.worker.WorkerEvents#replied}. */
    void replied(long runId, List<ItemReply> items, boolean ended, boolean spent);

    /** A rank has failed in a run that others do not end. */
    void outOfStep(int rank);
  }

  /** A run that not all ranks have ended. */
  private static final class Open {
    final BitSet pending = new BitSet();

    /** Rank 0's failures, until they are told; absent: none. */
    @Nullable List<ItemReply> held;

    /** The first rank that has failed; absent: none. */
    @Nullable Integer failed;

    boolean spent;
    Loop.@Nullable Timer watch;

    void watch(Loop.Timer timer) {
      stop();
      watch = timer;
    }

    void stop() {
      Loop.Timer known = watch;
      if (known != null) {
        known.cancel();
      }
    }
  }

  /**
   * Makes the ledger of a group.
   *
   * @param name of the worker, for logs
   * @param ranks how many there are
   */
  RankRuns(String name, int ranks, Loop loop, Listener listener) {
    this.name = name;
    this.ranks = ranks;
    this.loop = loop;
    this.listener = listener;
  }

  /** A run was handed to all ranks. */
  void begun(long runId) {
    Open run = new Open();
    run.pending.set(0, ranks);
    open.put(runId, run);
  }

  /** Which ranks have not ended the oldest run; none if all have ended all. */
  BitSet late() {
    return open.isEmpty() ? new BitSet() : open.values().iterator().next().pending;
  }

  /** The first rank that has failed in the oldest run; absent: none. */
  @Nullable Integer failed() {
    return open.isEmpty() ? null : open.values().iterator().next().failed;
  }

  /** What a rank says of a run; takes the bodies. */
  void replied(int rank, long runId, List<ItemReply> items, boolean ended, boolean spent) {
    Open run = open.get(runId);
    if (run == null || !run.pending.get(rank)) {
      // The end of a run may be told more than once.
      release(items);
    } else if (!ended) {
      listener.replied(runId, items, false, false);
    } else {
      run.pending.clear(rank);
      run.spent |= spent;
      if (rank == 0) {
        answered(runId, run, items);
      } else {
        followed(rank, runId, run, items);
      }
    }
  }

  private void answered(long runId, Open run, List<ItemReply> items) {
    if (run.pending.isEmpty()) {
      close(runId, run);
      listener.replied(runId, items, true, run.spent);
    } else if (failed(items)) {
      run.held = items;
      run.failed = run.failed == null ? Integer.valueOf(0) : run.failed;
      run.watch(loop.schedule(() -> tellHeld(runId, run), HELD_NANOS));
    } else {
      tell(runId, items);
    }
  }

  private void tellHeld(long runId, Open run) {
    List<ItemReply> items = run.held;
    if (items != null && open.get(runId) == run) {
      run.held = null;
      // Others may be waiting for rank 0 for ever now.
      run.watch(loop.schedule(() -> outOfStep(runId, run), OUT_OF_STEP_NANOS));
      tell(runId, items);
    }
  }

  /** Tells final answers of a run that goes on. */
  private void tell(long runId, List<ItemReply> items) {
    List<ItemReply> last =
        items.stream()
            .map(item -> new ItemReply(item.itemId(), true, item.error(), item.reply()))
            .toList();
    listener.replied(runId, last, false, false);
  }

  private void followed(int rank, long runId, Open run, List<ItemReply> items) {
    boolean failed = failed(items);
    release(items);
    if (failed && run.failed == null) {
      run.failed = rank;
      if (run.pending.get(0)) {
        log.warn("{}: rank {} failed in run {}, see its lines above", name, rank, runId);
      } else if (run.held == null) {
        log.warn("{}: rank {} failed in run {}, which rank 0 has answered", name, rank, runId);
      }
      if (!run.pending.isEmpty() && run.held == null) {
        run.watch(loop.schedule(() -> outOfStep(runId, run), OUT_OF_STEP_NANOS));
      }
    }
    if (run.pending.isEmpty()) {
      List<ItemReply> held = run.held;
      run.held = null;
      close(runId, run);
      listener.replied(runId, held == null ? List.of() : held, true, run.spent);
    }
  }

  private void outOfStep(long runId, Open run) {
    Integer rank = run.failed;
    if (rank != null && open.get(runId) == run) {
      listener.outOfStep(rank);
    }
  }

  private void close(long runId, Open run) {
    run.stop();
    open.remove(runId);
  }

  /** Forgets all runs; what was held back is not told any more. */
  void close() {
    for (Open run : open.values()) {
      run.stop();
      List<ItemReply> held = run.held;
      if (held != null) {
        release(held);
      }
    }
    open.clear();
  }

  private static boolean failed(List<ItemReply> items) {
    return items.stream().anyMatch(item -> item.error() != null);
  }

  private static void release(List<ItemReply> items) {
    items.forEach(item -> item.reply().body().release());
  }
}
