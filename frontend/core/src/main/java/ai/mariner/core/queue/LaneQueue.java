package ai.mariner.core.queue;

import ai.mariner.core.job.Job;
import ai.mariner.core.message.Priority;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Jobs in lanes of priority, each in order of arrival. A job counts as one lane higher for every
 * ageing time that it has waited; so it lets pass only those of the lane above that arrived less
 * than this time after it, and nothing waits for ever.
 */
final class LaneQueue implements JobQueue {
  private final long ageingNanos;
  private final List<ArrivalQueue> lanes;

  /**
   * Makes empty lanes.
   *
   * @param ageingNanos wait that lifts a job by one lane, at least 1
   */
  LaneQueue(long ageingNanos) {
    this.ageingNanos = ageingNanos;
    this.lanes = List.of(new ArrivalQueue(), new ArrivalQueue(), new ArrivalQueue());
  }

  @Override
  public void add(Job job) {
    lanes.get(laneOf(job)).add(job);
  }

  @Override
  public void putBack(Job job) {
    lanes.get(laneOf(job)).putBack(job);
  }

  @Override
  public @Nullable Job first() {
    Job best = null;
    for (int i = lanes.size() - 1; i >= 0; i--) {
      Job job = lanes.get(i).first();
      if (job != null && (best == null || before(job, best))) {
        best = job;
      }
    }
    return best;
  }

  @Override
  public Job removeFirst() {
    Job job = first();
    if (job == null) {
      throw new NoSuchElementException("no job waits");
    }
    return lanes.get(laneOf(job)).removeFirst();
  }

  @Override
  public long oldestArrivalNanos() {
    Long oldest = null;
    for (ArrivalQueue lane : lanes) {
      Job job = lane.first();
      if (job != null && (oldest == null || job.arrivalNanos() - oldest < 0)) {
        oldest = job.arrivalNanos();
      }
    }
    if (oldest == null) {
      throw new NoSuchElementException("no job waits");
    }
    return oldest;
  }

  @Override
  public long urgencyNanos() {
    Job job = first();
    if (job == null) {
      throw new NoSuchElementException("no job waits");
    }
    return job.arrivalNanos() + laneOf(job) * ageingNanos;
  }

  @Override
  public boolean inOrder() {
    return false;
  }

  @Override
  public int size() {
    int size = 0;
    for (ArrivalQueue lane : lanes) {
      size += lane.size();
    }
    return size;
  }

  @Override
  public void removeIf(Predicate<Job> unwanted) {
    lanes.forEach(lane -> lane.removeIf(unwanted));
  }

  @Override
  public void clear() {
    lanes.forEach(ArrivalQueue::clear);
  }

  @Override
  public Iterator<Job> iterator() {
    return new Merged();
  }

  private static int laneOf(Job job) {
    Priority priority = job.priority();
    return (priority == null ? Priority.NORMAL : priority).lanesAbove();
  }

  /** Of two jobs that count the same, the one of the lower lane has waited longer. */
  private boolean before(Job job, Job lower) {
    long lead = (laneOf(lower) - laneOf(job)) * ageingNanos;
    return job.arrivalNanos() - lower.arrivalNanos() < lead;
  }

  /** All lanes as one, in the order in which the jobs are to run. */
  private final class Merged implements Iterator<Job> {
    private final List<Iterator<Job>> rest = lanes.stream().map(ArrivalQueue::iterator).toList();
    private final @Nullable Job[] heads = new @Nullable Job[rest.size()];

    Merged() {
      for (int i = 0; i < heads.length; i++) {
        advance(i);
      }
    }

    private void advance(int lane) {
      Iterator<Job> jobs = rest.get(lane);
      heads[lane] = jobs.hasNext() ? jobs.next() : null;
    }

    private int best() {
      int best = -1;
      for (int i = heads.length - 1; i >= 0; i--) {
        Job job = heads[i];
        Job other = best < 0 ? null : heads[best];
        if (job != null && (other == null || before(job, other))) {
          best = i;
        }
      }
      return best;
    }

    @Override
    public boolean hasNext() {
      return best() >= 0;
    }

    @Override
    public Job next() {
      int lane = best();
      Job job = lane < 0 ? null : heads[lane];
      if (job == null) {
        throw new NoSuchElementException("no job waits");
      }
      advance(lane);
      return job;
    }
  }
}
