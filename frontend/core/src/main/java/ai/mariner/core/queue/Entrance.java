package ai.mariner.core.queue;

import ai.mariner.core.cache.AnswerCache;
import ai.mariner.core.cache.AnswerKey;
import ai.mariner.core.cache.SharedSink;
import ai.mariner.core.config.CacheLimits;
import ai.mariner.core.config.ModelSpec;
import ai.mariner.core.config.ProgramOptions;
import ai.mariner.core.config.RateLimit;
import ai.mariner.core.crew.Staffing;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.job.Job;
import ai.mariner.core.job.Refusals;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.message.Operation;
import ai.mariner.core.message.Priority;
import ai.mariner.core.message.Reply;
import ai.mariner.core.message.RequestWishes;
import ai.mariner.core.message.ResponseSink;
import ai.mariner.core.metrics.ModelMetrics;
import ai.mariner.core.time.Loop;
import org.jspecify.annotations.Nullable;

/**
 * The way into a pool: refuses what can't be served, and sets the deadline; then, for models that
 * ask for any of it, the rate limit, the choice of a lane, the response cache; in this order. On
 * the pool's loop.
 */
final class Entrance {
  /** A longer time-out, more than a century, is none. */
  private static final long LONGEST_TIMEOUT_NANOS = Long.MAX_VALUE >> 1;

  private final ModelKey key;
  private final Loop loop;
  private final ModelMetrics metrics;
  private final Refusals refusals;
  private final Closing closing;
  private final Staffing staffing;
  private final Admission admission;
  private final @Nullable Long defaultTimeoutNanos;
  private final @Nullable TokenBucket bucket;
  private final boolean lanes;
  private final @Nullable String keyHeader;
  private final @Nullable AnswerCache cache;
  private final @Nullable SequenceBatcher sequences;

  /**
   * Makes the entrance that a model's options ask for.
   *
   * @param closing knows whether the pool takes anything
   * @param staffing knows whether there will be workers
   * @param admission where requests go from here
   */
  Entrance(PoolContext pool, Closing closing, Staffing staffing, Admission admission) {
    ModelSpec spec = pool.spec();
    this.key = pool.key();
    this.loop = pool.loop();
    this.metrics = pool.metrics();
    this.refusals = pool.refusals();
    this.closing = closing;
    this.staffing = staffing;
    this.admission = admission;
    this.defaultTimeoutNanos =
        spec.requestTimeout() == null ? null : spec.requestTimeout().toNanos();
    RateLimit limit = spec.rateLimit();
    this.bucket = limit == null ? null : new TokenBucket(limit, loop.nanoTime());
    this.lanes = spec.priorityAgeing() != null;
    this.keyHeader = spec.get(ProgramOptions.BATCH_KEY);
    this.sequences = pool.sequences();
    CacheLimits kept = spec.responseCache();
    this.cache = kept == null ? null : new AnswerCache(kept, loop, metrics, admission);
  }

  /** Lets a request in, answers it, or refuses it. */
  void enter(InferenceRequest request, ResponseSink sink) {
    Failure refusal = refusal(request);
    if (refusal != null) {
      refuse(request, sink, refusal);
      return;
    }
    long now = loop.nanoTime();
    Failure limited = limited(request, now);
    if (limited != null) {
      refuse(request, sink, limited);
      return;
    }
    if (sequences != null) {
      enterSequence(sequences, request, sink, now);
      return;
    }
    long deadline = deadline(request, now);
    if (lanes || cache != null) {
      enterAsWished(request, sink, now, deadline);
    } else {
      admission.take(new Job(request, sink, now, deadline, null, key(request)));
    }
  }

  private @Nullable Failure refusal(InferenceRequest request) {
    if (sequences == null && request.sequence() != null) {
      return refusals.noSequences();
    }
    return closing.begun() ? refusals.removed() : staffing.refusal();
  }

  private long deadline(InferenceRequest request, long now) {
    Long timeout = request.timeoutNanos() != null ? request.timeoutNanos() : defaultTimeoutNanos;
    return timeout == null || timeout > LONGEST_TIMEOUT_NANOS ? Long.MAX_VALUE : now + timeout;
  }

  /** Requests with a place in a sequence go its way: neither lanes nor cache are for them. */
  private void enterSequence(
      SequenceBatcher known, InferenceRequest request, ResponseSink sink, long now) {
    InferenceRequest placed;
    try {
      placed = known.placed(request);
    } catch (ServeException e) {
      refuse(request, sink, e.failure());
      return;
    }
    admission.take(new Job(placed, sink, now, deadline(request, now), null));
  }

  /** Lane and cache are for the request's headers to choose, where the model has them. */
  private void enterAsWished(InferenceRequest request, ResponseSink sink, long now, long deadline) {
    RequestWishes wishes = RequestWishes.of(request.headers());
    Priority priority;
    try {
      priority = lanes ? wishes.priority() : null;
    } catch (ServeException e) {
      refuse(request, sink, e.failure());
      return;
    }
    AnswerCache answered = cache;
    if (answered == null || !answered.concerns(request, wishes)) {
      admission.take(new Job(request, sink, now, deadline, priority, key(request)));
      return;
    }
    AnswerKey asked = AnswerKey.of(request);
    Reply reply = answered.find(asked);
    if (reply != null) {
      give(request, sink, reply, now);
      return;
    }
    SharedSink shared = new SharedSink(answered, sink);
    answered.enter(asked, new Job(request, shared, now, deadline, priority, key(request)), shared);
  }

  /**
   * What the protocol says keeps a request apart from others, else the header that the model names.
   */
  private @Nullable Object key(InferenceRequest request) {
    String header = keyHeader;
    return header == null || request.batchKey() != null
        ? request.batchKey()
        : request.headers().first(header);
  }

  /** Jobs that wait for the answer of another one. */
  int following() {
    return cache == null ? 0 : cache.following();
  }

  /** Describing a model is management and has no part in the limit. */
  private @Nullable Failure limited(InferenceRequest request, long now) {
    if (bucket == null || request.operation() == Operation.DESCRIBE || bucket.take(now)) {
      return null;
    }
    return Failure.of(
        ErrorKind.RATE_LIMITED,
        "Model "
            + key
            + " takes "
            + bucket.limit().perSecond()
            + " requests a second (rateLimit; rateLimitBurst: "
            + bucket.limit().burst()
            + "). Try again in a second.");
  }

  private void give(InferenceRequest request, ResponseSink sink, Reply reply, long now) {
    request.release();
    metrics.reused(request.model(), loop.nanoTime() - now);
    admission.answered();
    sink.end(reply);
  }

  private void refuse(InferenceRequest request, ResponseSink sink, Failure failure) {
    request.release();
    metrics.failed(failure.kind());
    sink.fail(failure);
  }
}
