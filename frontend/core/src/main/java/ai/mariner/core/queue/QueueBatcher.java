package ai.mariner.core.queue;

import ai.mariner.core.config.BatchPolicy;
import ai.mariner.core.config.ModelSpec;
import ai.mariner.core.job.Job;
import ai.mariner.core.job.RunGroup;
import ai.mariner.core.message.Operation;
import ai.mariner.core.process.ProcessKey;
import ai.mariner.core.process.RunMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Batches in the order of a queue.
 *
 * <p>Greedy: a free worker takes what is there, several free workers share the queue evenly.
 * Window: a batch is held back until it is full or the oldest job has waited for the delay.
 */
final class QueueBatcher implements Batcher {
  private final JobQueue queue;
  private final int batchSize;
  private final int capacity;
  private final long windowNanos;
  private final @Nullable BatchRule rule;
  private int live;

  private QueueBatcher(
      JobQueue queue, int batchSize, int capacity, long windowNanos, @Nullable BatchRule rule) {
    this.queue = queue;
    this.batchSize = batchSize;
    this.capacity = capacity;
    this.windowNanos = windowNanos;
    this.rule = rule;
  }

  /** The batcher that a model's options ask for. */
  static QueueBatcher of(ModelSpec spec) {
    return of(spec, null);
  }

  /** The same, with a rule that comes before the options; absent: there is none. */
  static QueueBatcher of(ModelSpec spec, @Nullable BatchRule rule) {
    boolean window = spec.batchPolicy() == BatchPolicy.WINDOW && RunMode.of(spec).runSize() > 1;
    Duration ageing = spec.priorityAgeing();
    return new QueueBatcher(
        ageing == null ? new ArrivalQueue() : new LaneQueue(ageing.toNanos()),
        RunMode.of(spec).runSize(),
        spec.jobQueueSize(),
        window ? spec.maxBatchDelay().toNanos() : 0,
        RunMode.of(spec).runSize() > 1 ? rule : null);
  }

  @Override
  public boolean offer(Job job) {
    if (live >= capacity && !job.request().admitted()) {
      return false;
    }
    queue.add(job);
    live++;
    return true;
  }

  @Override
  public Decision next(long nowNanos, ProcessKey asker, int freeWorkers) {
    return next(nowNanos, freeWorkers, live);
  }

  /**
   * The same for one of several queues.
   *
   * @param waiting jobs in all of them, which the free workers share
   */
  Decision next(long nowNanos, int freeWorkers, int waiting) {
    Job head = queue.first();
    if (head == null) {
      return Decision.IDLE;
    }
    if (runsAlone(head)) {
      return new Decision.Dispatch(List.of(take()));
    }
    if (head.group() != null) {
      return new Decision.Dispatch(takeMates(batchSize));
    }
    Decision ruled = rule == null ? null : ruled(rule, nowNanos, freeWorkers, waiting);
    if (ruled != null) {
      return ruled;
    }
    if (windowNanos > 0) {
      long due = queue.oldestArrivalNanos() + windowNanos;
      if (due - nowNanos > 0 && matesOfHead() < batchSize) {
        return new Decision.WaitUntil(due);
      }
      return new Decision.Dispatch(takeMates(batchSize));
    }
    int share = (waiting + freeWorkers - 1) / freeWorkers;
    return new Decision.Dispatch(takeMates(Math.min(batchSize, share)));
  }

  /** What the rule wants; absent: it leaves the matter to the options. */
  private @Nullable Decision ruled(BatchRule asked, long nowNanos, int freeWorkers, int waiting) {
    long oldest = Math.max(0, nowNanos - queue.oldestArrivalNanos());
    BatchRule.Wish wish = asked.wish(live, waiting, oldest, freeWorkers);
    if (wish instanceof BatchRule.Take take) {
      return new Decision.Dispatch(takeMates(Math.min(batchSize, take.most())));
    }
    return wish instanceof BatchRule.Wait wait
        ? new Decision.WaitUntil(nowNanos + wait.nanos())
        : null;
  }

  @Override
  public void requeue(List<Job> jobs) {
    for (int i = jobs.size() - 1; i >= 0; i--) {
      putBack(jobs.get(i));
    }
  }

  /** Puts a job back before all others, whatever the bound. */
  void putBack(Job job) {
    queue.putBack(job);
    live++;
  }

  @Override
  public @Nullable RunGroup nextGroup() {
    Job head = queue.first();
    return head == null ? null : head.group();
  }

  /** When its first job is due, to be compared with that of other queues; one must wait. */
  long urgencyNanos() {
    if (queue.first() == null) {
      throw new IllegalStateException("nothing waits");
    }
    return queue.urgencyNanos();
  }

  @Override
  public void cancelled(Job job) {
    live--;
    if (live == 0) {
      queue.clear();
    } else if (queue.size() > 2 * live + 64) {
      // Jobs that were cancelled behind a live head must not pile up.
      queue.removeIf(Job::ended);
    }
  }

  @Override
  public List<Job> drain() {
    List<Job> all = new ArrayList<>(live);
    while (queue.first() != null) {
      all.add(take());
    }
    return all;
  }

  @Override
  public int size() {
    return live;
  }

  @Override
  public boolean inOrder() {
    return queue.inOrder();
  }

  @Override
  public int capacity() {
    return capacity;
  }

  @Override
  public long oldestArrivalNanos() {
    if (queue.first() == null) {
      throw new IllegalStateException("nothing waits");
    }
    return queue.oldestArrivalNanos();
  }

  private Job take() {
    live--;
    Job job = queue.removeFirst();
    job.taken();
    return job;
  }

  private List<Job> takeMates(int most) {
    Job first = take();
    if (most == 1) {
      return List.of(first);
    }
    List<Job> batch = new ArrayList<>(Math.min(most, live + 1));
    batch.add(first);
    for (Job job = queue.first();
        job != null && batch.size() < most && mates(first, job);
        job = queue.first()) {
      batch.add(take());
    }
    return batch;
  }

  private int matesOfHead() {
    Job first = null;
    int count = 0;
    for (Job job : queue) {
      if (job.ended()) {
        continue;
      }
      if (first == null) {
        first = job;
      } else if (!mates(first, job)) {
        // What stands behind can't join, so the batch is as full as it gets.
        return batchSize;
      }
      if (++count >= batchSize) {
        return count;
      }
    }
    return count;
  }

  private static boolean runsAlone(Job job) {
    return job.request().operation() == Operation.DESCRIBE;
  }

  private static boolean mates(Job first, Job other) {
    return !runsAlone(other)
        && other.group() == first.group()
        && other.request().operation() == first.request().operation();
  }
}
