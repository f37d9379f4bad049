package ai.mariner.core.process;

import ai.mariner.core.job.Job;
import ai.mariner.core.job.LossCause;
import ai.mariner.core.job.Run;
import ai.mariner.core.worker.ItemReply;
import java.util.List;

/** What a worker tells the pool that it belongs to; always on the pool's loop. */
public interface WorkerHost {
  /** A number for a run that the worker makes up itself. */
  long nextRunId();

  /** The worker has loaded the model and takes runs; loading took so long. */
  void ready(Worker worker, long loadNanos);

  /** The worker's load failed or took too long; it will be tried again after a wait. */
  void loadFailed(Worker worker, LossCause cause);

  /**
   * An answer or piece for a job of one of the worker's runs; {@code last}: the job's final answer.
   */
  void replied(Worker worker, Run run, Job job, ItemReply reply, boolean last);

  /**
   * A run has ended, so the worker may take another; its answers have not been told yet. Returns
   * whether requests wait, which are dispatched before anything that is done in the loop's next
   * tasks.
   */
  boolean roomMade();

  /** A run has ended, and its answers have been told. */
  void runEnded(Worker worker, Run run);

  /** A run takes too long and was given up; the worker goes on with its other ones. */
  void overdue(Worker worker, Run run, LossCause cause);

  /**
   * The worker's process was lost; its runs are the host's to judge and the worker holds none any
   * more.
   */
  void lost(Worker worker, List<Run> runs, LossCause cause);

  /** More is known of a loss that was told before: a hung worker has written its stacks. */
  void explained(Worker worker, LossCause cause);

  /** The worker was told to stop and has ended for good. */
  void gone(Worker worker);
}
