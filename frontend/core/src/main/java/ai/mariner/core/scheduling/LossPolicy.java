package ai.mariner.core.scheduling;

import ai.mariner.core.config.RetryOnWorkerLoss;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.message.Operation;
import java.util.ArrayList;
import java.util.List;

/** Which jobs of a lost worker run again, and which end with it. */
final class LossPolicy {
  private final RetryOnWorkerLoss retry;

  LossPolicy(RetryOnWorkerLoss retry) {
    this.retry = retry;
  }

  /**
   * The outcome for the jobs of one lost worker.
   *
   * @param again to be put back at the head of the queue, in this order
   * @param failed to be told the cause
   */
  record Verdict(List<Job> again, List<Job> failed) {}

  /**
   * Judges what a lost worker had.
   *
   * @param runs its runs in order; the first had begun (unless the worker was lost between two
   *     runs), the others were only sent ahead
   * @param cause why it was lost
   */
  Verdict judge(Iterable<Run> runs, LossCause cause) {
    List<Job> again = new ArrayList<>();
    List<Job> failed = new ArrayList<>();
    boolean begun = !cause.betweenRuns();
    for (Run run : runs) {
      if (begun) {
        judgeBegun(run, cause, again, failed);
        begun = false;
      } else {
        judgeUnstarted(run, cause, again, failed);
      }
    }
    return new Verdict(again, failed);
  }

  private void judgeBegun(Run run, LossCause cause, List<Job> again, List<Job> failed) {
    BatchLosses losses = lossesOf(run);
    losses.add();
    boolean repeat =
        retry == RetryOnWorkerLoss.MATES
            && run.jobs().size() > 1
            && run.operation() != Operation.DESCRIBE
            && !cause.forbidsRepeat()
            && !run.streamed()
            && !losses.exhausted();
    for (Job job : run.jobs()) {
      if (job.ended()) {
        continue;
      }
      if (repeat) {
        job.requeuedAlone(losses);
        again.add(job);
      } else {
        failed.add(job);
      }
    }
  }

  private void judgeUnstarted(Run run, LossCause cause, List<Job> again, List<Job> failed) {
    for (Job job : run.jobs()) {
      if (job.ended()) {
        continue;
      }
      if (retry == RetryOnWorkerLoss.NEVER || cause.removed() || exhausted(job)) {
        failed.add(job);
      } else {
        job.requeued();
        again.add(job);
      }
    }
  }

  /** What the rest of such a batch is told. */
  static Failure givenUp() {
    return Failure.of(
        ErrorKind.WORKER_LOST, "Worker died. The batch of this request cost too many workers.");
  }

  /** Whether the job belongs to a batch that has cost too many workers. */
  static boolean exhausted(Job job) {
    BatchLosses losses = job.losses();
    return losses != null && losses.exhausted();
  }

  private static BatchLosses lossesOf(Run run) {
    for (Job job : run.jobs()) {
      BatchLosses losses = job.losses();
      if (losses != null) {
        return losses;
      }
    }
    return new BatchLosses();
  }
}
