package ai.mariner.core.worker;

import org.jspecify.annotations.Nullable;

/**
 * How loading a model went.
 *
 * @param error absent: loaded; else what went wrong
 * @param message reason of a failure in one line
 * @param trace stack of a failure
 * @param serial whether the worker runs one batch at a time, in order
 * @param slots runs that may be under way at once; of a serial worker the one that it answers next,
 *     and those that it prepares meanwhile
 */
public record LoadOutcome(
    @Nullable WorkerError error,
    @Nullable String message,
    @Nullable String trace,
    boolean serial,
    int slots) {
  /** A serial worker that has loaded its model. */
  public static final LoadOutcome OK = new LoadOutcome(null, null, null, true, 1);
}
