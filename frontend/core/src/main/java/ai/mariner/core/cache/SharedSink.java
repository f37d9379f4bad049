package ai.mariner.core.cache;

import ai.mariner.core.error.Failure;
import ai.mariner.core.job.Job;
import ai.mariner.core.message.Reply;
import ai.mariner.core.message.ResponseSink;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The client of a request whose answer may be kept, or may be that of another request. Passes
 * everything on and tells the cache. On the pool's loop.
 */
public final class SharedSink implements ResponseSink {
  private final AnswerCache cache;
  private final ResponseSink client;
  private @Nullable Job job;
  private @Nullable Flight flight;
  private boolean marked;

  public SharedSink(AnswerCache cache, ResponseSink client) {
    this.cache = cache;
    this.client = client;
  }

  /** The request's job, once it is there. */
  Job job() {
    return Objects.requireNonNull(job, "job");
  }

  void job(Job ownJob) {
    job = ownJob;
  }

  /** The request waits for this flight, leading or not; absent: it has nothing to share. */
  void board(@Nullable Flight shared) {
    flight = shared;
  }

  /** Whatever comes is passed on as it is; the cache has said what it did. */
  void takesMarked() {
    marked = true;
  }

  @Override
  public void next(Reply piece) {
    client.next(missed(piece));
    // Last: what the followers are told may make this client leave.
    Flight shared = flight;
    if (shared != null) {
      cache.inPieces(shared);
    }
  }

  @Override
  public void end(Reply last) {
    Flight shared = flight;
    if (shared == null) {
      client.end(missed(last));
    } else if (shared.isLedBy(this)) {
      flight = null;
      cache.landed(shared, last, () -> client.end(missed(last)));
    } else {
      flight = null;
      cache.left(shared, this);
      client.end(last);
    }
  }

  @Override
  public void fail(Failure failure) {
    Flight shared = flight;
    flight = null;
    if (shared == null) {
      client.fail(failure);
    } else if (shared.isLedBy(this)) {
      cache.crashed(shared, failure, () -> client.fail(failure));
    } else {
      cache.left(shared, this);
      client.fail(failure);
    }
  }

  private Reply missed(Reply reply) {
    if (marked) {
      return reply;
    }
    marked = true;
    return AnswerCache.marked(reply, "miss");
  }

  @Override
  public void onCancel(Runnable task) {
    client.onCancel(task);
  }

  @Override
  public boolean isReady() {
    return client.isReady();
  }

  @Override
  public void onReady(Runnable task) {
    client.onReady(task);
  }

  @Override
  public long bufferedBytes() {
    return client.bufferedBytes();
  }
}
