package ai.mariner.core.scheduling;

import ai.mariner.core.config.CacheLimits;
import ai.mariner.core.config.ModelSpec;
import ai.mariner.core.config.RateLimit;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.message.Operation;
import ai.mariner.core.message.Priority;
import ai.mariner.core.message.Reply;
import ai.mariner.core.message.ResponseSink;
import ai.mariner.core.metrics.ModelMetrics;
import ai.mariner.core.time.Loop;
import org.jspecify.annotations.Nullable;

/**
 * What a request passes before the queue of its pool, for models that ask for any of it: the rate
 * limit, the choice of a lane, the response cache; in this order. On the pool's loop.
 */
final class Entrance {
  private final ModelKey key;
  private final Loop loop;
  private final ModelMetrics metrics;
  private final Inside inside;
  private final @Nullable TokenBucket bucket;
  private final boolean lanes;
  private final @Nullable AnswerCache cache;

  private Entrance(PoolContext pool, Answers answers, Inside inside) {
    ModelSpec spec = pool.spec();
    this.key = pool.key();
    this.loop = pool.loop();
    this.metrics = pool.metrics();
    this.inside = inside;
    RateLimit limit = spec.rateLimit();
    this.bucket = limit == null ? null : new TokenBucket(limit, loop.nanoTime());
    this.lanes = spec.priorityAgeing() != null;
    CacheLimits kept = spec.responseCache();
    this.cache = kept == null ? null : new AnswerCache(kept, pool, answers, inside);
  }

  /** The entrance that a model's options ask for; absent: none, requests go straight inside. */
  static @Nullable Entrance of(PoolContext pool, Answers answers, Inside inside) {
    ModelSpec spec = pool.spec();
    boolean plain =
        spec.rateLimit() == null && spec.priorityAgeing() == null && spec.responseCache() == null;
    return plain ? null : new Entrance(pool, answers, inside);
  }

  /**
   * Lets a request in, answers it, or refuses it.
   *
   * @param deadlineNanos when its deadline passes, in the loop's time; {@link Long#MAX_VALUE}:
   *     never
   */
  void enter(InferenceRequest request, ResponseSink sink, long now, long deadlineNanos) {
    Failure limited = limited(request, now);
    if (limited != null) {
      refuse(request, sink, limited);
      return;
    }
    if (!lanes && cache == null) {
      inside.take(new Job(request, sink, now, deadlineNanos, null));
      return;
    }
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
      inside.take(new Job(request, sink, now, deadlineNanos, priority));
      return;
    }
    AnswerKey asked = AnswerKey.of(request);
    Reply reply = answered.find(asked);
    if (reply != null) {
      give(request, sink, reply, now);
      return;
    }
    SharedSink shared = new SharedSink(answered, sink);
    answered.enter(asked, new Job(request, shared, now, deadlineNanos, priority), shared);
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
    inside.answered();
    sink.end(reply);
  }

  private void refuse(InferenceRequest request, ResponseSink sink, Failure failure) {
    request.release();
    metrics.failed(failure.kind());
    sink.fail(failure);
  }
}
