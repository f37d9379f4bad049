package ai.mariner.core.queue;

import ai.mariner.core.crew.Elasticity;
import ai.mariner.core.crew.Staffing;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.job.Job;
import ai.mariner.core.job.LossCause;
import ai.mariner.core.job.Run;
import ai.mariner.core.metrics.ModelMetrics;
import ai.mariner.core.process.Worker;
import ai.mariner.core.process.WorkerHost;
import ai.mariner.core.worker.ItemReply;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a pool makes of what its workers tell. On the pool's loop. */
final class WorkerReports implements WorkerHost {
  private static final Logger log = LoggerFactory.getLogger(WorkerReports.class);

  private final AtomicLong runIds;
  private final ModelMetrics metrics;
  private final Staffing staffing;
  private final Elasticity elasticity;
  private final Backlog backlog;
  private final Answers answers;
  private final LossPolicy losses;
  private final Runnable changed;

  /** Joins those who have to know. */
  WorkerReports(
      PoolContext pool,
      Staffing staffing,
      Elasticity elasticity,
      Backlog backlog,
      Answers answers) {
    this.runIds = pool.runIds();
    this.metrics = pool.metrics();
    this.staffing = staffing;
    this.elasticity = elasticity;
    this.backlog = backlog;
    this.answers = answers;
    this.losses = new LossPolicy(pool.spec().retryOnWorkerLoss());
    this.changed = pool.changed();
  }

  @Override
  public long nextRunId() {
    return runIds.incrementAndGet();
  }

  @Override
  public void ready(Worker worker, long loadNanos) {
    metrics.workerLoaded(worker.name(), loadNanos);
    log.info("{} is ready, loaded in {} ms", worker.name(), loadNanos / 1_000_000);
    staffing.ready(worker);
    elasticity.staffChanged();
    changed.run();
    backlog.workerReady();
  }

  @Override
  public void loadFailed(Worker worker, LossCause cause) {
    // What more there is, the worker has written to the model's log.
    log.warn("{} failed to start: {}", worker.name(), cause.message());
    elasticity.loadFailed(staffing.loadFailed(worker, cause));
    backlog.refuseIfHopeless();
    changed.run();
  }

  @Override
  public void replied(Worker worker, Run run, Job job, ItemReply reply, boolean last) {
    if (!last) {
      backlog.moved();
    }
    answers.replied(worker, run, job, reply, last);
  }

  @Override
  public boolean roomMade() {
    return backlog.roomMade();
  }

  @Override
  public void runEnded(Worker worker, Run run) {
    for (Job job : run.jobs()) {
      if (!job.ended()) {
        answers.fail(
            job,
            Failure.of(
                ErrorKind.OUTPUT_INVALID, "The worker ended the batch without this answer."));
      }
    }
    staffing.runEnded(worker);
    changed.run();
  }

  @Override
  public void overdue(Worker worker, Run run, LossCause cause) {
    for (Job job : run.jobs()) {
      log.warn(
          "{}: request {} took longer than responseTimeout; it is cancelled, other requests go on",
          worker.name(),
          job.request().id());
      answers.fail(job, cause.failure());
    }
    changed.run();
  }

  @Override
  public void lost(Worker worker, List<Run> runs, LossCause cause) {
    staffing.lost(cause);
    metrics.workerLost();
    log.warn("{}: {}", worker.name(), cause.text());
    LossPolicy.Verdict verdict = losses.judge(runs, cause);
    List<Job> again = verdict.again();
    if (!again.isEmpty()) {
      again.forEach(job -> metrics.rerun());
      log.info("{}: {} requests run again", worker.name(), again.size());
      backlog.putBack(again);
    }
    for (Job job : verdict.failed()) {
      answers.fail(job, cause.failure());
    }
    if (!staffing.wanted()) {
      backlog.refuseIfHopeless();
    }
    changed.run();
  }

  @Override
  public void explained(Worker worker, LossCause cause) {
    staffing.lost(cause);
    log.warn("{}: {}", worker.name(), cause.text());
  }

  @Override
  public void gone(Worker worker) {
    metrics.workerGone(worker.name());
    staffing.gone(worker);
  }
}
