package ai.mariner.core.worker;

import java.util.List;

/** What a worker process tells, always on the loop that it belongs to. */
public interface WorkerEvents {
  /** The process has connected and proved who it is. */
  void connected(WorkerLink link, long pid);

  /** The answer to {@link WorkerLink#load}. */
  void loaded(LoadOutcome outcome);

  /** The answer to {@link WorkerLink#unload}. */
  default void unloaded() {}

  /**
   * Others in the process have done what they had it do: a run would be begun at once if it were
   * handed over in this turn of the loop. Only for who has asked by {@link Company#awaitTurn}.
   *
   * @return whether anything waits to be run
   */
  default boolean turn() {
    return false;
  }

  /**
   * Answers or pieces of a run, in the worker's order. The receiver owns the bodies. The end of a
   * run may be told more than once; see {@link WorkerLink#collect}.
   *
   * @param runId the run
   * @param items answers; those of a {@code RESULT} are final
   * @param ended whether the run has ended with this
   * @param spent whether the worker says that its process must not be used again
   */
  void replied(long runId, List<ItemReply> items, boolean ended, boolean spent);

  /** The answer to {@link WorkerLink#heartbeat}. */
  void heartbeat(long number);

  /**
   * The link has ended, after everything that was in it was told.
   *
   * @param reason what ended it, for logs
   */
  void disconnected(String reason);

  /**
   * The process has ended or could not be started. The last event; {@link #disconnected} came
   * before it if there was a link.
   */
  void exited(ProcessExit exit);
}
