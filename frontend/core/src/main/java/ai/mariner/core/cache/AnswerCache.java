package ai.mariner.core.cache;

import ai.mariner.core.config.CacheLimits;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.job.Job;
import ai.mariner.core.message.Body;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.InputPart;
import ai.mariner.core.message.Operation;
import ai.mariner.core.message.Reply;
import ai.mariner.core.message.RequestWishes;
import ai.mariner.core.metrics.CacheOutcome;
import ai.mariner.core.metrics.ModelMetrics;
import ai.mariner.core.time.Loop;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Answers a model version's predictions from what it has answered before, and lets identical
 * requests that come while one of them is under way wait for its answer. On the pool's loop.
 */
public final class AnswerCache {
  /** Header of answers that tells what the cache did. */
  static final String HEADER = "X-Cache";

  private static final List<String> NOT_TO_BE_KEPT = List.of("no-store", "no-cache", "private");
  private static final int OK = 200;
  private static final int OK_END = 300;

  private final Loop loop;
  private final ModelMetrics metrics;
  private final Onward onward;
  private final KeptAnswers kept;
  private final Map<AnswerKey, Flight> flights = new HashMap<>();
  private int following;

  public AnswerCache(CacheLimits limits, Loop loop, ModelMetrics metrics, Onward onward) {
    this.loop = loop;
    this.metrics = metrics;
    this.onward = onward;
    this.kept = new KeptAnswers(limits);
  }

  /** Whether a request can be answered by another one's answer at all. */
  public boolean concerns(InferenceRequest request, RequestWishes wishes) {
    if (request.operation() != Operation.PREDICT || request.sequence() != null) {
      return false;
    }
    if (wishes.refusesCache() || !kept.takes(size(request))) {
      metrics.cached(CacheOutcome.BYPASS);
      return false;
    }
    return true;
  }

  private static long size(InferenceRequest request) {
    long size = 0;
    for (InputPart part : request.parts()) {
      size += part.body().size();
    }
    return size;
  }

  /** The answer that is kept for a key, marked as such; absent: none. */
  public @Nullable Reply find(AnswerKey key) {
    Reply reply = kept.get(key, loop.nanoTime());
    if (reply == null) {
      return null;
    }
    metrics.cached(CacheOutcome.HIT);
    return marked(reply, "hit");
  }

  /** Lets a job wait for an identical one, or makes it the one that others wait for. */
  public void enter(AnswerKey key, Job job, SharedSink sink) {
    sink.job(job);
    Flight flight = flights.get(key);
    if (flight == null || flight.isTooSlowFor(job)) {
      metrics.cached(CacheOutcome.MISS);
      Flight own = new Flight(key, sink);
      sink.board(own);
      flights.put(key, own);
      onward.take(job);
      return;
    }
    metrics.cached(CacheOutcome.COALESCED);
    job.follows();
    sink.board(flight);
    flight.join(sink);
    following++;
    onward.follow(job, following);
  }

  /** Jobs that wait for the answer of another one. */
  public int following() {
    return following;
  }

  /** A follower has ended. */
  void left(Flight flight, SharedSink follower) {
    flight.leave(follower);
    following--;
  }

  /** The leader's answer is there; tells it, then the followers. */
  void landed(Flight flight, Reply reply, Runnable tellLeader) {
    boolean current = flights.remove(flight.key(), flight);
    boolean shareable = shareable(reply);
    List<SharedSink> followers = takeFollowers(flight);
    boolean keeps = current && shareable && isSuccess(reply) && kept.takes(reply.body().size());
    if (!keeps && followers.isEmpty()) {
      tellLeader.run();
      return;
    }
    Reply copy = shareable ? copy(reply) : reply;
    if (keeps) {
      kept.put(flight.key(), copy, loop.nanoTime());
      metrics.cacheBytes(kept.bytes());
    }
    try {
      tellLeader.run();
    } finally {
      if (shareable) {
        share(followers, marked(copy, "coalesced"));
      } else {
        runThemselves(followers);
      }
    }
  }

  private void share(List<SharedSink> followers, Reply reply) {
    for (SharedSink follower : followers) {
      follower.takesMarked();
      onward.reuse(follower.job(), reply);
    }
  }

  /** The leader failed; its followers fail with it unless the reason was its own. */
  void crashed(Flight flight, Failure failure, Runnable tellLeader) {
    boolean own =
        failure.kind() == ErrorKind.CANCELLED || failure.kind() == ErrorKind.DEADLINE_EXCEEDED;
    SharedSink next = own ? flight.promote() : null;
    if (next != null) {
      following--;
      onward.putBack(List.of(next.job()));
      tellLeader.run();
      return;
    }
    flights.remove(flight.key(), flight);
    List<SharedSink> followers = takeFollowers(flight);
    try {
      tellLeader.run();
    } finally {
      followers.forEach(follower -> onward.fail(follower.job(), failure));
    }
  }

  /** The leader's answer comes in pieces, which can't be shared. */
  void inPieces(Flight flight) {
    flights.remove(flight.key(), flight);
    flight.leader().board(null);
    runThemselves(takeFollowers(flight));
  }

  /** From here on the followers of a flight are jobs like others. */
  private List<SharedSink> takeFollowers(Flight flight) {
    List<SharedSink> followers = flight.disembark();
    following -= followers.size();
    followers.forEach(follower -> follower.board(null));
    return followers;
  }

  private void runThemselves(List<SharedSink> followers) {
    List<Job> live = followers.stream().map(SharedSink::job).filter(job -> !job.ended()).toList();
    if (!live.isEmpty()) {
      onward.putBack(live);
    }
  }

  private static boolean isSuccess(Reply reply) {
    Integer status = reply.status();
    return status == null || (status >= OK && status < OK_END);
  }

  /** Handlers may keep an answer to its client, as HTTP has it. */
  private static boolean shareable(Reply reply) {
    for (Reply.Header header : reply.headers()) {
      if (RequestWishes.isNamed(header.name(), "set-cookie")
          || (RequestWishes.isNamed(header.name(), "cache-control")
              && RequestWishes.hasDirective(header.value(), NOT_TO_BE_KEPT))) {
        return false;
      }
    }
    return true;
  }

  private static Reply copy(Reply reply) {
    ByteBuffer view = reply.body().bytes();
    byte[] bytes = new byte[view.remaining()];
    view.get(bytes);
    return new Reply(
        reply.status(), reply.reason(), reply.contentType(), reply.headers(), Body.of(bytes));
  }

  /** The reply with the header that tells what the cache did. */
  static Reply marked(Reply reply, String outcome) {
    List<Reply.Header> headers = new ArrayList<>(reply.headers());
    headers.removeIf(header -> header.name().equalsIgnoreCase(HEADER));
    headers.add(new Reply.Header(HEADER, outcome));
    return new Reply(
        reply.status(), reply.reason(), reply.contentType(), List.copyOf(headers), reply.body());
  }
}
