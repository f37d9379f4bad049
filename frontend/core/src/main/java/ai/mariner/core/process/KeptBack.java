package ai.mariner.core.process;

import ai.mariner.core.job.Run;
import ai.mariner.core.time.Loop;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Asks for answers that a process keeps back. A process of short runs sends several answers at
 * once; when a run then takes long, or never ends, the answers before it must not wait for it, nor
 * be blamed. On the pool's loop.
 */
public final class KeptBack {
  /** Well above the millisecond for which a process keeps answers of short runs. */
  public static final Duration PATIENCE = Duration.ofMillis(10);

  private final Loop loop;
  private final SerialSlots runs;
  private final Runnable collect;
  private @Nullable Run awaited;

  /**
   * Makes one that sleeps until a run is sent ahead.
   *
   * @param runs what the process has
   * @param collect asks for what it keeps back
   */
  KeptBack(Loop loop, SerialSlots runs, Runnable collect) {
    this.loop = loop;
    this.runs = runs;
    this.collect = collect;
  }

  /** A run was handed over; there may be others before it. */
  void handedOver() {
    if (awaited == null && runs.size() > 1) {
      awaited = runs.head();
      loop.schedule(this::look, PATIENCE.toNanos());
    }
  }

  private void look() {
    Run before = awaited;
    awaited = null;
    if (runs.size() > 1 && runs.head() == before) {
      collect.run();
    }
    handedOver();
  }
}
