package ai.mariner.core.queue;

import ai.mariner.core.config.RetryOnWorkerLoss;
import ai.mariner.core.job.Job;
import ai.mariner.core.job.LossCause;
import ai.mariner.core.job.Run;
import ai.mariner.core.job.RunGroup;
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
   * @param runs its runs in order. One that answers in order had begun the first (unless it was
   *     lost between two runs) and may have prepared the next; the others were only sent ahead. One
   *     that runs several at once had begun them all.
   * @param cause why it was lost
   */
  Verdict judge(List<Run> runs, LossCause cause) {
    Verdict verdict = new Verdict(new ArrayList<>(), new ArrayList<>());
    List<Run> begun = new ArrayList<>();
    List<Run> prepared = new ArrayList<>();
    List<Run> unstarted = new ArrayList<>();
    for (int i = 0; i < runs.size(); i++) {
      Run run = runs.get(i);
      if (run.begun() && !(i == 0 && cause.betweenRuns())) {
        begun.add(run);
      } else {
        (run.prepared() ? prepared : unstarted).add(run);
      }
    }
    judgeBegun(begun, !prepared.isEmpty(), cause, verdict);
    prepared.forEach(run -> judgePrepared(run, cause, verdict));
    unstarted.forEach(run -> judgeUnstarted(run, cause, verdict));
    return verdict;
  }

  /**
   * Judges what the worker worked on. A single request is to blame; of several, those that may be
   * repeated run again in two halves.
   *
   * @param company whether something else may be to blame instead
   */
  private void judgeBegun(List<Run> begun, boolean company, LossCause cause, Verdict verdict) {
    List<Job> again = new ArrayList<>();
    int suspects = 0;
    for (Run run : begun) {
      suspects += run.jobs().size();
      boolean repeat =
          retry == RetryOnWorkerLoss.MATES
              && run.operation() != Operation.DESCRIBE
              && !cause.forbidsRepeat()
              && !run.streamed();
      addLive(run, repeat ? again : verdict.failed());
    }
    if (company) {
      runAgain(again, verdict);
    } else if (suspects > 1) {
      int middle = (again.size() + 1) / 2;
      runAgain(again.subList(0, middle), verdict);
      runAgain(again.subList(middle, again.size()), verdict);
    } else {
      verdict.failed().addAll(again);
    }
  }

  /**
   * Judges what was prepared meanwhile: it may be to blame as well, so nothing runs beside it when
   * it runs again. A time-out is that of the run before it.
   */
  private void judgePrepared(Run run, LossCause cause, Verdict verdict) {
    List<Job> live = new ArrayList<>();
    addLive(run, live);
    if (retry == RetryOnWorkerLoss.MATES && !cause.removed()) {
      runAgain(live, verdict);
    } else {
      verdict.failed().addAll(live);
    }
  }

  private void judgeUnstarted(Run run, LossCause cause, Verdict verdict) {
    List<Job> live = new ArrayList<>();
    addLive(run, live);
    if (retry == RetryOnWorkerLoss.NEVER || cause.removed()) {
      verdict.failed().addAll(live);
    } else {
      live.forEach(Job::requeued);
      verdict.again().addAll(live);
    }
  }

  /** Lets jobs run again as one group, unless they have cost too many workers. */
  private static void runAgain(List<Job> jobs, Verdict verdict) {
    int losses = 0;
    for (Job job : jobs) {
      RunGroup before = job.group();
      losses = Math.max(losses, before == null ? 0 : before.losses());
    }
    RunGroup group = new RunGroup(losses + 1);
    if (group.exhausted()) {
      verdict.failed().addAll(jobs);
      return;
    }
    jobs.forEach(job -> job.requeuedIn(group));
    verdict.again().addAll(jobs);
  }

  private static void addLive(Run run, List<Job> live) {
    for (Job job : run.jobs()) {
      if (!job.ended()) {
        live.add(job);
      }
    }
  }
}
