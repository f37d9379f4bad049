package ai.mariner.core.queue;

import ai.mariner.core.config.ModelSpec;
import ai.mariner.core.job.Job;
import ai.mariner.core.job.RunGroup;
import ai.mariner.core.process.ProcessKey;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Batches of jobs with equal keys: a queue for each key, the one whose first job is most urgent
 * goes first. Jobs without a key, which are all of most models, have a queue of their own and cost
 * what one queue costs.
 */
final class KeyedBatcher implements Batcher {
  private final Supplier<QueueBatcher> queues;
  private final int capacity;
  private final QueueBatcher plain;

  /** The queues of keys for which jobs wait, or have waited until a moment ago. */
  private final Map<Object, QueueBatcher> byKey = new HashMap<>();

  private int live;

  private KeyedBatcher(Supplier<QueueBatcher> queues, int capacity) {
    this.queues = queues;
    this.capacity = capacity;
    this.plain = queues.get();
  }

  /** The batcher that a model's options ask for, with a rule that comes before them if any. */
  static KeyedBatcher of(ModelSpec spec, @Nullable BatchRule rule) {
    return new KeyedBatcher(() -> QueueBatcher.of(spec, rule), spec.jobQueueSize());
  }

  @Override
  public boolean offer(Job job) {
    boolean full = live >= capacity && !job.request().admitted();
    if (full || !queueOf(job).offer(job)) {
      return false;
    }
    live++;
    return true;
  }

  private QueueBatcher queueOf(Job job) {
    Object key = job.key();
    return key == null ? plain : byKey.computeIfAbsent(key, unused -> queues.get());
  }

  @Override
  public Decision next(long nowNanos, ProcessKey asker, int freeWorkers) {
    if (byKey.isEmpty()) {
      return taken(plain.next(nowNanos, asker, freeWorkers));
    }
    Long soonest = null;
    for (QueueBatcher queue : byUrgency()) {
      Decision decision = queue.next(nowNanos, freeWorkers, live);
      if (decision instanceof Decision.Dispatch) {
        return taken(decision);
      }
      if (decision instanceof Decision.WaitUntil wait
          && (soonest == null || wait.atNanos() - soonest < 0)) {
        soonest = wait.atNanos();
      }
    }
    return soonest == null ? Decision.IDLE : new Decision.WaitUntil(soonest);
  }

  private Decision taken(Decision decision) {
    if (decision instanceof Decision.Dispatch dispatch) {
      live -= dispatch.jobs().size();
    }
    return decision;
  }

  /** The queues in which something waits, the most urgent first; drops those that are empty. */
  private List<QueueBatcher> byUrgency() {
    List<QueueBatcher> waiting = new ArrayList<>(byKey.size() + 1);
    if (plain.size() > 0) {
      waiting.add(plain);
    }
    Iterator<QueueBatcher> all = byKey.values().iterator();
    while (all.hasNext()) {
      QueueBatcher queue = all.next();
      if (queue.size() > 0) {
        waiting.add(queue);
      } else {
        all.remove();
      }
    }
    if (waiting.size() > 1) {
      long origin = waiting.get(0).urgencyNanos();
      waiting.sort(Comparator.comparingLong(queue -> queue.urgencyNanos() - origin));
    }
    return waiting;
  }

  @Override
  public @Nullable RunGroup nextGroup() {
    if (byKey.isEmpty()) {
      return plain.nextGroup();
    }
    List<QueueBatcher> waiting = byUrgency();
    return waiting.isEmpty() ? null : waiting.get(0).nextGroup();
  }

  @Override
  public void requeue(List<Job> jobs) {
    for (int i = jobs.size() - 1; i >= 0; i--) {
      queueOf(jobs.get(i)).putBack(jobs.get(i));
    }
    live += jobs.size();
  }

  @Override
  public void cancelled(Job job) {
    live--;
    queueOf(job).cancelled(job);
  }

  @Override
  public List<Job> drain() {
    List<Job> all = new ArrayList<>(live);
    for (QueueBatcher queue : byUrgency()) {
      all.addAll(queue.drain());
    }
    live = 0;
    return all;
  }

  @Override
  public int size() {
    return live;
  }

  @Override
  public long oldestArrivalNanos() {
    if (byKey.isEmpty()) {
      return plain.oldestArrivalNanos();
    }
    Long oldest = null;
    for (QueueBatcher queue : byUrgency()) {
      long arrival = queue.oldestArrivalNanos();
      oldest = oldest == null || arrival - oldest < 0 ? arrival : oldest;
    }
    if (oldest == null) {
      throw new IllegalStateException("nothing waits");
    }
    return oldest;
  }

  @Override
  public boolean inOrder() {
    return byKey.isEmpty() && plain.inOrder();
  }

  @Override
  public int capacity() {
    return capacity;
  }
}
