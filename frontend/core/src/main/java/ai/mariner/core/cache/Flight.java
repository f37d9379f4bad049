package ai.mariner.core.cache;

import ai.mariner.core.job.Job;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One run under way whose answer several identical requests wait for. On the pool's loop. */
final class Flight {
  private final AnswerKey key;
  private final Set<SharedSink> followers = new LinkedHashSet<>();
  private SharedSink leader;

  Flight(AnswerKey key, SharedSink leader) {
    this.key = key;
    this.leader = leader;
  }

  AnswerKey key() {
    return key;
  }

  /** The request that runs. */
  SharedSink leader() {
    return leader;
  }

  /** Whether this is the request that runs. */
  boolean isLedBy(SharedSink sink) {
    return leader == sink;
  }

  /** Whether a request would wait for one that its own lane would overtake. */
  boolean isTooSlowFor(Job job) {
    return overtakes(job, leader.job());
  }

  void join(SharedSink follower) {
    followers.add(follower);
  }

  void leave(SharedSink follower) {
    followers.remove(follower);
  }

  /** Takes out all that wait, in order of arrival. */
  List<SharedSink> disembark() {
    List<SharedSink> all = List.copyOf(followers);
    followers.clear();
    return all;
  }

  /** Makes the most urgent follower the one that runs; absent: nobody waits. */
  @Nullable SharedSink promote() {
    SharedSink next = null;
    for (SharedSink follower : followers) {
      if (next == null || overtakes(follower.job(), next.job())) {
        next = follower;
      }
    }
    if (next != null) {
      followers.remove(next);
      leader = next;
    }
    return next;
  }

  private static boolean overtakes(Job job, Job other) {
    return job.priority() != null
        && other.priority() != null
        && job.priority().above(other.priority());
  }
}
