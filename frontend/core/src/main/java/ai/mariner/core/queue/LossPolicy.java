package ai.mariner.core.queue;

import ai.mariner.core.config.RetryOnWorkerLoss;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.job.BatchLosses;
import ai.mariner.core.job.Job;
import ai.mariner.core.job.LossCause;
import ai.mariner.core.job.Run;
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
   *     runs), the next may have been prepared beside it, the others were only sent ahead
   * @param cause why it was lost
   */
  Verdict judge(List<Run> runs, LossCause cause) {
    List<Job> again = new ArrayList<>();
    List<Job> failed = new ArrayList<>();
    boolean begun = !cause.betweenRuns();
    for (int i = 0; i < runs.size(); i++) {
      Run run = runs.get(i);
      boolean company = i + 1 < runs.size() && runs.get(i + 1).prepared();
      if (begun) {
        judgeBegun(run, company, cause, again, failed);
        begun = false;
      } else if (run.prepared()) {
        judgePrepared(run, cause, again, failed);
      } else {
        judgeUnstarted(run, cause, again, failed);
      }
    }
    return new Verdict(again, failed);
  }

  /**
   * Judges what the worker worked on.
   *
   * @param company whether another run may be to blame instead
   */
  private void judgeBegun(
      Run run, boolean company, LossCause cause, List<Job> again, List<Job> failed) {
    BatchLosses losses = lossesOf(run);
    losses.add();
    boolean repeat =
        retry == RetryOnWorkerLoss.MATES
            && (company || run.jobs().size() > 1)
            && run.operation() != Operation.DESCRIBE
            && !cause.forbidsRepeat()
            && !run.streamed()
            && !losses.exhausted();
    settle(run, repeat, losses, again, failed);
  }

  /**
   * Judges what was prepared meanwhile: it may be to blame as well, so it runs again alone. A
   * time-out is that of the run before it.
   */
  private void judgePrepared(Run run, LossCause cause, List<Job> again, List<Job> failed) {
    BatchLosses losses = lossesOf(run);
    losses.add();
    boolean repeat = retry == RetryOnWorkerLoss.MATES && !cause.removed() && !losses.exhausted();
    settle(run, repeat, losses, again, failed);
  }

  private static void settle(
      Run run, boolean repeat, BatchLosses losses, List<Job> again, List<Job> failed) {
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
