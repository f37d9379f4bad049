package ai.mariner.core.process;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.job.LossCause;
import ai.mariner.core.job.WorkerFailures;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.message.Operation;
import ai.mariner.core.worker.ItemReply;
import ai.mariner.core.worker.RunItem;
import ai.mariner.core.worker.WorkerError;
import ai.mariner.core.worker.WorkerLink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The sample requests that a process answers after its load and before it takes a client's: each
 * one alone, then the first once more as a full batch, since that is what makes libraries reserve
 * memory and compile. No meter counts them. For one process; touched only on the pool's loop.
 */
final class Warmup {
  /** From this status on an answer is an error that the handler chose. */
  private static final int FIRST_ERROR_STATUS = 400;

  private final ModelKey model;
  private final List<WarmupSample> samples;
  private final int batchSize;
  private final WorkerLink link;
  private final LongSupplier runIds;

  private int begun;
  private long runId;
  private int unanswered;

  /**
   * Plans the warm-up of a process.
   *
   * @param batchSize most requests in a batch; with 1 there is no full batch
   * @param link to the process
   * @param runIds numbers of runs
   */
  Warmup(
      ModelKey model,
      List<WarmupSample> samples,
      int batchSize,
      WorkerLink link,
      LongSupplier runIds) {
    this.model = model;
    this.samples = samples;
    this.batchSize = batchSize;
    this.link = link;
    this.runIds = runIds;
  }

  /** A request of a warm-up: no deadline of its own, and never streamed. */
  private record Item(InferenceRequest request) implements RunItem {
    @Override
    public long deadlineNanos() {
      return Long.MAX_VALUE;
    }

    @Override
    public int credits() {
      return 0;
    }
  }

  /** Sends the next run; false if all are done. */
  boolean next() {
    int rounds = samples.isEmpty() || batchSize == 1 ? samples.size() : samples.size() + 1;
    if (begun == rounds) {
      return false;
    }
    begun++;
    List<Item> items = new ArrayList<>();
    int size = isBatch() ? batchSize : 1;
    for (int i = 1; i <= size; i++) {
      items.add(new Item(request(i)));
    }
    unanswered = size;
    runId = runIds.getAsLong();
    link.run(runId, Operation.PREDICT, items);
    return true;
  }

  /**
   * Takes what the worker says of the run, and its bodies.
   *
   * @param spent whether the process must not be used again
   * @return why the warm-up has failed; {@code null}: it has not
   */
  @Nullable LossCause replied(long ofRun, List<ItemReply> replies, boolean ended, boolean spent) {
    LossCause cause = null;
    for (ItemReply item : replies) {
      if (ofRun == runId) {
        if (ended || item.ended()) {
          unanswered--;
        }
        cause = cause == null ? judge(item) : cause;
      }
      item.reply().body().release();
    }
    if (cause == null && ofRun == runId && ended && unanswered > 0) {
      cause = failed(ErrorKind.LOAD_FAILED, unanswered + " requests were not answered.", null);
    }
    if (cause == null && spent) {
      cause = during(LossCause.spent());
    }
    return cause;
  }

  /** Whether this is the end of the run that was sent last. */
  boolean ends(long ofRun, boolean ended) {
    return ofRun == runId && ended;
  }

  /** The same cause, said of the run that was under way. */
  LossCause during(LossCause cause) {
    return failed(cause.kind(), cause.message(), cause.detail());
  }

  /** There was no answer in time. */
  LossCause late(Duration limit) {
    return failed(
        ErrorKind.LOAD_FAILED,
        "no answer within startupTimeout, "
            + limit.toSeconds()
            + " s, which load and warm-up share.",
        null);
  }

  private @Nullable LossCause judge(ItemReply item) {
    WorkerError error = item.error();
    if (error != null) {
      Failure failure = WorkerFailures.of(error, item.reply());
      boolean memory = failure.kind() == ErrorKind.OUT_OF_MEMORY;
      return failed(
          memory ? ErrorKind.OUT_OF_MEMORY : ErrorKind.LOAD_FAILED,
          failure.message(),
          failure.detail());
    }
    Integer status = item.reply().status();
    return status == null || status < FIRST_ERROR_STATUS
        ? null
        : failed(
            ErrorKind.LOAD_FAILED,
            "the handler answered with status " + status + " (expected: below 400).",
            null);
  }

  private LossCause failed(ErrorKind kind, String message, @Nullable String detail) {
    int number = isBatch() ? 1 : begun;
    String batch = isBatch() ? " as a batch of " + batchSize : "";
    String text = "warm-up input " + number + " (" + sample().name() + ')' + batch + ": " + message;
    return new LossCause(kind, text, detail, false);
  }

  private boolean isBatch() {
    return begun > samples.size();
  }

  private WarmupSample sample() {
    return samples.get(isBatch() ? 0 : begun - 1);
  }

  private InferenceRequest request(long id) {
    WarmupSample sample = sample();
    ModelRef program = new ModelRef(model.name(), model.version());
    return InferenceRequest.builder(id, program, sample.parts())
        .label("warmup-" + begun + '-' + id)
        .headers(headers -> headers.accept("Content-Type", sample.contentType()))
        .build();
  }
}
