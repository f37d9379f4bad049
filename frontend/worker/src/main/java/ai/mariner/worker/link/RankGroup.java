package ai.mariner.worker.link;

import ai.mariner.core.time.Loop;
import ai.mariner.core.worker.ItemReply;
import ai.mariner.core.worker.LoadOutcome;
import ai.mariner.core.worker.ProcessExit;
import ai.mariner.core.worker.WorkerEvents;
import ai.mariner.core.worker.WorkerLaunch;
import ai.mariner.core.worker.WorkerLink;
import ai.mariner.core.worker.WorkerProcess;
import ai.mariner.worker.process.Spawned;
import ai.mariner.worker.wire.WireException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The ranks of one worker, which look like one process: they connect, load, run and end together,
 * and the first one that is lost ends them all. On one loop, but for {@link WorkerProcess}.
 */
final class RankGroup implements WorkerProcess, RankRuns.Listener {
  /** How long torchrun has to say how a rank ended, and to end the others. */
  static final Duration END_GRACE = Duration.ofSeconds(3);

  /** How long connections of ended ranks may take to be read to their end. */
  private static final Duration DRAIN = Duration.ofMillis(100);

  private final int size;
  private final Duration endGrace;
  private final Loop loop;
  private final WorkerEvents events;
  private final RankRuns runs;
  private final @Nullable WorkerLink[] links;
  private final long[] pids;
  private final BitSet connected = new BitSet();
  private final BitSet notLoaded = new BitSet();
  private final BitSet silent = new BitSet();

  private volatile @Nullable Spawned process;
  private @Nullable LoadOutcome outcome;

  /** Whether the ranks are about to end because they were told to. */
  private boolean leaving;

  /** Whether the core knows of a link, and of its end. */
  private boolean linked;

  private boolean unlinked;

  private boolean settled;

  /** The rank whose connection ended first; absent: none. */
  private @Nullable Integer lost;

  /** How the first rank ended, as far as it is known. */
  private @Nullable ProcessExit verdict;

  /** Whether the group was killed here because a rank was lost. */
  private boolean killed;

  private @Nullable ProcessExit ended;

  /** Plans a group; {@code seconds}: how often torchrun looks at its processes. */
  RankGroup(WorkerLaunch launch, int size, int seconds, Loop loop, WorkerEvents events) {
    this.size = size;
    this.endGrace = END_GRACE.plusSeconds(seconds);
    this.loop = loop;
    this.events = events;
    this.runs = new RankRuns(launch.name(), size, loop, this);
    this.links = new @Nullable WorkerLink[size];
    this.pids = new long[size];
    notLoaded.set(0, size);
  }

  /** Torchrun was started. */
  void started(Spawned spawned) {
    process = spawned;
  }

  /** Hears what a rank tells. */
  WorkerEvents member(int rank) {
    return new Member(rank);
  }

  RankRuns runs() {
    return runs;
  }

  /** The ranks were told to end. */
  void leaving() {
    leaving = true;
  }

  /** All ranks are asked for a sign of life. */
  void heartbeatAsked() {
    silent.set(0, size);
  }

  /** Which ranks have not done what they were asked, in words; absent: all have. */
  @Nullable String late() {
    BitSet late = notLoaded.isEmpty() ? runs.late() : notLoaded;
    late = late.isEmpty() ? silent : late;
    String numbers = late.stream().mapToObj(Integer::toString).collect(Collectors.joining(", "));
    if (late.isEmpty()) {
      return null;
    }
    Integer failed = runs.failed();
    String cause = failed == null ? "" : ", after rank " + failed + " had failed";
    return (late.cardinality() == 1 ? "rank " : "ranks ") + numbers + cause;
  }

  @Override
  public void replied(long runId, List<ItemReply> items, boolean isEnd, boolean spent) {
    events.replied(runId, items, isEnd, spent);
  }

  @Override
  public void outOfStep(int rank) {
    verdict =
        ProcessExit.told(
            name(rank),
            "failed in a run that the others did not end within "
                + TimeUnit.NANOSECONDS.toSeconds(RankRuns.OUT_OF_STEP_NANOS)
                + " s");
    part(name(rank) + " is out of step with the others");
    kill();
  }

  /** What torchrun says of the rank that ended first; see proto/wire. */
  void reported(Map<String, String> hello) {
    if (verdict == null) {
      verdict =
          ProcessExit.ofStatus(number(hello, "lost_status")).of(name(number(hello, "lost_rank")));
      // It has nothing more to say, and takes its time to end.
      part(name(number(hello, "lost_rank")) + " ended");
      kill();
    }
  }

  private static int number(Map<String, String> hello, String field) {
    try {
      return Integer.parseInt(hello.getOrDefault(field, ""));
    } catch (NumberFormatException e) {
      throw new WireException(field + ": " + hello.get(field) + " (expected: a number)");
    }
  }

  /** Torchrun has ended; told after the ends of all connections, which are given a moment. */
  void exited(ProcessExit exit) {
    ended = exit;
    if (connected.isEmpty()) {
      settle(exit);
    } else {
      loop.schedule(
          () -> {
            closeLinks();
            settle(exit);
          },
          DRAIN.toNanos());
    }
  }

  private void settle(ProcessExit exit) {
    if (settled) {
      return;
    }
    settled = true;
    part("torchrun ended");
    Spawned known = process;
    if (known != null) {
      known.killGroups(knownPids());
    }
    events.exited(named(exit));
  }

  private ProcessExit named(ProcessExit exit) {
    ProcessExit known = verdict;
    if (known != null) {
      return known;
    }
    Integer first = lost;
    if (first != null && killed) {
      return ProcessExit.told(name(first), "ended its connection while the others went on");
    }
    return exit.startFailure() == null ? exit.of("torchrun") : exit;
  }

  private static String name(int rank) {
    return "Rank " + rank;
  }

  /** The core is told once that there is no link any more. */
  private void part(String reason) {
    runs.close();
    if (linked && !unlinked) {
      unlinked = true;
      events.disconnected(reason);
    }
  }

  private void closeLinks() {
    for (WorkerLink link : links) {
      if (link != null) {
        link.close();
      }
    }
  }

  private List<Long> knownPids() {
    List<Long> known = new ArrayList<>();
    for (long pid : pids) {
      if (pid > 0) {
        known.add(pid);
      }
    }
    return known;
  }

  @Override
  public void kill() {
    Spawned known = process;
    if (known != null) {
      known.kill();
    }
  }

  @Override
  public void dumpStacks() {
    Spawned known = process;
    if (known != null) {
      known.dumpStacks(knownPids());
    }
  }

  @Override
  public String lastErrorLines() {
    Spawned known = process;
    return known == null ? "" : known.lastErrorLines();
  }

  /** One rank. */
  private final class Member implements WorkerEvents {
    private final int rank;

    Member(int rank) {
      this.rank = rank;
    }

    @Override
    public void connected(WorkerLink link, long pid) {
      if (lost != null || ended != null) {
        link.close();
        return;
      }
      links[rank] = link;
      pids[rank] = pid;
      connected.set(rank);
      if (connected.cardinality() == size) {
        linked = true;
        List<WorkerLink> all = new ArrayList<>();
        for (WorkerLink each : links) {
          all.add(Objects.requireNonNull(each));
        }
        events.connected(new RankLinks(RankGroup.this, all), pids[0]);
      }
    }

    @Override
    public void loaded(LoadOutcome said) {
      if (unlinked || notLoaded.isEmpty()) {
        return;
      }
      if (said.error() != null) {
        notLoaded.clear();
        String text = said.message() == null ? "the model could not be loaded" : said.message();
        events.loaded(LoadOutcome.failed(said.error(), "rank " + rank + ": " + text, said.trace()));
        return;
      }
      notLoaded.clear(rank);
      if (rank == 0) {
        outcome = said;
      }
      if (notLoaded.isEmpty()) {
        events.loaded(Objects.requireNonNull(outcome));
      }
    }

    @Override
    public void replied(long runId, List<ItemReply> items, boolean isEnd, boolean spent) {
      runs.replied(rank, runId, items, isEnd, spent);
    }

    @Override
    public void heartbeat(long number) {
      silent.clear(rank);
      if (silent.isEmpty()) {
        events.heartbeat(number);
      }
    }

    @Override
    public void disconnected(String reason) {
      links[rank] = null;
      connected.clear(rank);
      ProcessExit exit = ended;
      if (exit != null) {
        if (connected.isEmpty()) {
          settle(exit);
        }
      } else if (!leaving && lost == null) {
        lost = rank;
        part("rank " + rank + ": " + reason);
        loop.schedule(this::giveUp, endGrace.toNanos());
      }
    }

    /** Torchrun has not ended with the rank. */
    private void giveUp() {
      if (ended == null) {
        killed = true;
        kill();
      }
    }

    @Override
    public void exited(ProcessExit exit) {
      // Torchrun is the process whose end counts.
    }
  }
}
