package ai.mariner.core.queue;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.job.Job;
import ai.mariner.core.job.Run;
import ai.mariner.core.job.StreamFlow;
import ai.mariner.core.job.StreamLimits;
import ai.mariner.core.job.WorkerFailures;
import ai.mariner.core.message.Priority;
import ai.mariner.core.message.Reply;
import ai.mariner.core.message.ResponseSink;
import ai.mariner.core.metrics.ModelMetrics;
import ai.mariner.core.process.Worker;
import ai.mariner.core.time.Loop;
import ai.mariner.core.worker.ItemReply;
import ai.mariner.core.worker.WorkerError;
import ai.mariner.core.worker.WorkerLink.CancelReason;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Hands outcomes to clients: each job ends here, exactly once. On the pool's loop. */
final class Answers {
  private static final Logger log = LoggerFactory.getLogger(Answers.class);

  private final Loop loop;
  private final ModelMetrics metrics;
  private final StreamLimits limits;
  private final Runnable finished;

  /**
   * Makes the way out of a pool.
   *
   * @param finished told after each job that ended
   */
  Answers(PoolContext pool, StreamLimits limits, Runnable finished) {
    this.loop = pool.loop();
    this.metrics = pool.metrics();
    this.limits = limits;
    this.finished = finished;
  }

  /** Ends a job with a failure, unless it has ended. */
  public void fail(Job job, Failure failure) {
    if (!job.end()) {
      return;
    }
    waitNoMore(job);
    metrics.failed(failure.kind());
    try {
      job.sink().fail(failure);
    } catch (RuntimeException e) {
      log.error("Failure of request {} could not be delivered", job.request().id(), e);
    }
    finished.run();
  }

  /** Ends a job with an answer that was made for another one, unless it has ended. */
  public void reuse(Job job, Reply reply) {
    if (!job.end()) {
      return;
    }
    metrics.reused(job.request().model(), loop.nanoTime() - job.arrivalNanos());
    handOver(job, reply);
  }

  /** Passes on what a worker says of a job that has not ended. */
  void replied(Worker worker, Run run, Job job, ItemReply item, boolean last) {
    WorkerError error = item.error();
    if (error != null) {
      Failure failure = WorkerFailures.of(error, item.reply());
      item.reply().body().release();
      fail(job, failure);
    } else if (last) {
      end(run, job, item.reply());
    } else {
      piece(worker, run, job, item.reply());
    }
  }

  private void end(Run run, Job job, Reply reply) {
    long now = loop.nanoTime();
    job.end();
    waitNoMore(job);
    metrics.answered(
        job.request().model(),
        run.startNanos() - job.arrivalNanos(),
        now - run.startNanos(),
        now - job.arrivalNanos());
    Priority lane = job.priority();
    if (lane != null) {
      metrics.laneWaited(lane, run.startNanos() - job.arrivalNanos());
    }
    handOver(job, reply);
  }

  private void handOver(Job job, Reply reply) {
    try {
      job.sink().end(reply);
    } catch (RuntimeException e) {
      log.error("Answer of request {} could not be delivered", job.request().id(), e);
    }
    finished.run();
  }

  private void piece(Worker worker, Run run, Job job, Reply reply) {
    run.markStreamed();
    ResponseSink sink = job.sink();
    try {
      sink.next(reply);
    } catch (RuntimeException e) {
      log.error("Piece of request {} could not be delivered", job.request().id(), e);
      worker.cancel(run, job, CancelReason.CLIENT_LEFT);
      fail(job, Failure.of(ErrorKind.INTERNAL, "The stream could not be passed on."));
      return;
    }
    StreamFlow flow = flowOf(run, job);
    if (flow != null) {
      flow.pieceArrived();
      if (sink.isReady()) {
        goOn(worker, run, job, flow);
      } else {
        awaitReader(worker, run, job, flow);
      }
    } else if (!sink.isReady() && sink.bufferedBytes() > limits.maxBufferBytes()) {
      stall(worker, run, job, "max_stream_buffer, " + limits.maxBufferBytes() + " bytes, is full");
    }
  }

  /** Credits of a stream that its handler serves alone; absent: a batch does not wait for one. */
  private static @Nullable StreamFlow flowOf(Run run, Job job) {
    StreamFlow flow = job.stream();
    if (flow == null && run.jobs().size() == 1 && job.request().streaming()) {
      flow = new StreamFlow();
      job.stream(flow);
    }
    return flow;
  }

  private static void goOn(Worker worker, Run run, Job job, StreamFlow flow) {
    flow.waitedEnough();
    int pieces = flow.grant();
    if (pieces > 0) {
      worker.credit(run, job, pieces);
    }
  }

  private void awaitReader(Worker worker, Run run, Job job, StreamFlow flow) {
    if (flow.waits()) {
      return;
    }
    String why =
        "nothing was read for stream_stall_timeout, " + limits.stallTimeout().toSeconds() + " s";
    flow.waitUntil(
        loop.schedule(() -> stall(worker, run, job, why), limits.stallTimeout().toNanos()));
    Runnable readerIsBack =
        () -> {
          if (!job.ended()) {
            goOn(worker, run, job, flow);
          }
        };
    job.sink().onReady(() -> loop.run(readerIsBack));
    if (job.sink().isReady()) {
      // It came back between the question and the request to be told.
      readerIsBack.run();
    }
  }

  private static void waitNoMore(Job job) {
    StreamFlow flow = job.stream();
    if (flow != null) {
      flow.waitedEnough();
    }
  }

  private void stall(Worker worker, Run run, Job job, String why) {
    if (job.ended()) {
      return;
    }
    worker.cancel(run, job, CancelReason.CLIENT_LEFT);
    fail(
        job,
        Failure.of(ErrorKind.STREAM_STALLED, "The reader of the stream is too slow: " + why + '.'));
  }
}
