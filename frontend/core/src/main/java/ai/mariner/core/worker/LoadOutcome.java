package ai.mariner.core.worker;

import org.jspecify.annotations.Nullable;

/**
 * How loading a model went.
 *
 * @param error absent: loaded; else what went wrong
 * @param message reason of a failure in one line
 * @param trace stack of a failure
 * @param mode how the worker runs the model
 * @param slots runs that may be under way at once; of a serial worker the one that it answers next,
 *     and those that it prepares meanwhile
 * @param streams whether answers come in pieces; absent: not known
 * @param dialect protocol that the model speaks; absent: the server's own
 * @param declares JSON object of what the model says of itself; absent: nothing
 */
public record LoadOutcome(
    @Nullable WorkerError error,
    @Nullable String message,
    @Nullable String trace,
    WorkerMode mode,
    int slots,
    @Nullable Boolean streams,
    @Nullable String dialect,
    @Nullable String declares) {
  /** A serial worker that has loaded its model. */
  public static final LoadOutcome OK = loaded(WorkerMode.SERIAL, 1);

  /** A loaded model that says nothing of itself. */
  public static LoadOutcome loaded(WorkerMode mode, int slots) {
    return new LoadOutcome(null, null, null, mode, slots, null, null, null);
  }

  /** A model that could not be loaded. */
  public static LoadOutcome failed(
      WorkerError error, @Nullable String message, @Nullable String trace) {
    return new LoadOutcome(error, message, trace, WorkerMode.SERIAL, 1, null, null, null);
  }
}
