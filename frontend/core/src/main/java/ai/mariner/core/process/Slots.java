package ai.mariner.core.process;

import ai.mariner.core.job.Run;
import ai.mariner.core.job.RunGroup;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The runs that a process has, and what more it may be given. Used on the pool's loop. */
interface Slots {
  /** The model is loaded, and the process says how many runs it may have begun at once. */
  void loaded(int atOnce);

  /** Whether it has none. */
  boolean isEmpty();

  /** How many it has. */
  int size();

  boolean has(Run run);

  /**
   * Whether a run may be given to it that is begun at once.
   *
   * @param group the run's group; only runs of one group are under way together
   */
  boolean hasRoomFor(@Nullable RunGroup group);

  /**
   * Runs that could be sent ahead of the end of the one that it works on.
   *
   * @param batchSize most requests in a batch
   * @param waiting requests that wait
   * @param certain whether what waits goes to this worker in any case, and in this order: no other
   *     worker could be free sooner, no request overtakes another
   */
  int roomAhead(int batchSize, int waiting, boolean certain);

  /** Takes a run in. */
  void add(Run run);

  /** The run that the process may speak of under this number now; absent: none. */
  @Nullable Run find(long runId);

  /** Takes out a run that has ended. */
  void ended(Run run, long now);

  /** Requests that it has served. */
  int served();

  /** Runs that it could begin at once beside those that it has. */
  int room();

  /** How much of what it could do at once it does, from 0 to 1. */
  double busyShare();

  /**
   * When the process has to have shown something of one of its runs; {@link Long#MAX_VALUE}: it has
   * none that is waited for.
   *
   * @param limitNanos longest time without a sign
   */
  long dueNanos(long now, long limitNanos);

  /** Takes out everything, in order: the process is lost. */
  List<Run> takeAll();
}
