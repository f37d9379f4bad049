package ai.mariner.core.queue;

import ai.mariner.core.crew.Elasticity;
import ai.mariner.core.crew.Staffing;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.job.Job;
import ai.mariner.core.job.LossCause;
import ai.mariner.core.job.Run;
import ai.mariner.core.message.Reply;
import ai.mariner.core.message.Sequence;
import ai.mariner.core.metrics.ModelMetrics;
import ai.mariner.core.process.Worker;
import ai.mariner.core.process.WorkerHost;
import ai.mariner.core.time.Loop;
import ai.mariner.core.worker.ItemReply;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
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
  private final @Nullable SequenceBatcher sequences;
  private final Loop loop;
  private final Runnable changed;
  private volatile @Nullable String declares;

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
    this.sequences = pool.sequences();
    this.loop = pool.loop();
    this.changed = pool.changed();
  }

  @Override
  public long nextRunId() {
    return runIds.incrementAndGet();
  }

  /** JSON object of what the model says of itself, on any thread; absent: nothing so far. */
  @Nullable String declares() {
    return declares;
  }

  @Override
  public void ready(Worker worker, long loadNanos) {
    metrics.workerLoaded(worker.name(), loadNanos);
    String told = worker.declares();
    if (told != null) {
      declares = told;
    }
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
    if (sequences != null) {
      heed(sequences, job, reply);
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
    leave(run);
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
      if (sequences != null) {
        sequences.stuck(job);
      }
      answers.fail(job, cause.failure());
    }
    backlog.dispatchSoon();
    changed.run();
  }

  @Override
  public void lost(Worker worker, List<Run> runs, LossCause cause) {
    staffing.lost(cause);
    metrics.workerLost();
    log.warn("{}: {}", worker.name(), cause.text());
    if (sequences != null) {
      endSequences(sequences, worker, cause);
      loseAll(runs, cause);
    } else {
      judge(worker, runs, cause);
    }
    if (!staffing.wanted()) {
      backlog.refuseIfHopeless();
    }
    changed.run();
  }

  private void judge(Worker worker, List<Run> runs, LossCause cause) {
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
  }

  /** What has run in a sequence is never repeated: the state that it needs is gone. */
  private void loseAll(List<Run> runs, LossCause cause) {
    for (Run run : runs) {
      for (Job job : run.jobs()) {
        Sequence place = job.request().sequence();
        answers.fail(
            job,
            place == null || cause.removed()
                ? cause.failure()
                : SequenceWords.over(place.id(), reason(cause)).withDetail(cause.detail()));
      }
    }
  }

  private void endSequences(SequenceBatcher known, Worker worker, LossCause cause) {
    int count = known.lost(worker.process(), reason(cause));
    if (count > 0) {
      log.warn("{}: {} sequences ended with it", worker.name(), count);
      backlog.dispatchSoon();
    }
  }

  private static String reason(LossCause cause) {
    String message = cause.message();
    return "its worker was lost ("
        + (message.endsWith(".") ? message.substring(0, message.length() - 1) : message)
        + ')';
  }

  /** A handler may end sequences by a header of its answer. */
  private static void heed(SequenceBatcher known, Job job, ItemReply item) {
    List<Reply.Header> headers = item.reply().headers();
    for (int i = 0; i < headers.size(); i++) {
      if (headers.get(i).name().equalsIgnoreCase(known.endHeader())) {
        known.endedByHandler(job, headers.get(i).value());
      }
    }
  }

  /** The next requests of the sequences in a run may go. */
  private void leave(Run run) {
    if (sequences != null) {
      long now = loop.nanoTime();
      for (Job job : run.jobs()) {
        sequences.left(job, now);
      }
      backlog.dispatchSoon();
    }
  }

  @Override
  public void explained(Worker worker, LossCause cause) {
    staffing.lost(cause);
    log.warn("{}: {}", worker.name(), cause.text());
  }

  @Override
  public void gone(Worker worker) {
    if (sequences != null) {
      endSequences(sequences, worker, LossCause.stopped("It was stopped."));
    }
    metrics.workerGone(worker.name());
    staffing.gone(worker);
  }
}
