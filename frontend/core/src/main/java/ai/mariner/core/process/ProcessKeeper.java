package ai.mariner.core.process;

import ai.mariner.core.job.Job;
import ai.mariner.core.job.LossCause;
import ai.mariner.core.job.Run;
import ai.mariner.core.worker.ItemReply;
import java.util.List;

/** Who had a process started, and hears how it does; always on the pool's loop. */
public interface ProcessKeeper {
  /** A number for a run that the process is given to warm up. */
  long nextRunId();

  /** It takes runs; loading took so long. */
  void ready(long loadNanos);

  /** An answer or piece for a job of one of its runs; {@code last}: the job's final answer. */
  void replied(Run run, Job job, ItemReply reply, boolean last);

  /**
   * A run has ended, so it may take another; its answers have not been told yet. Returns whether
   * requests wait, which are dispatched before anything that is done in the loop's next tasks.
   */
  boolean roomMade();

  /** A run has ended, and its answers have been told. */
  void runEnded(Run run);

  /** A run takes too long and was given up; the process goes on with its other ones. */
  void overdue(Run run, LossCause cause);

  /** It is lost with these runs, although it has not ended yet. */
  void hung(List<Run> runs, LossCause cause);

  /**
   * It has ended, or is given up. The last event.
   *
   * @param runs what it still had to do
   * @param cause why, with all that is known
   * @param told whether the loss was told before, as {@link #hung}
   */
  void over(List<Run> runs, LossCause cause, boolean told);
}
