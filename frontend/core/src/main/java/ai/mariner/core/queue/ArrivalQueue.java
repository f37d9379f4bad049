package ai.mariner.core.queue;

import ai.mariner.core.job.Job;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Jobs in order of arrival. */
final class ArrivalQueue implements JobQueue {
  private final ArrayDeque<Job> jobs = new ArrayDeque<>();

  @Override
  public void add(Job job) {
    jobs.addLast(job);
  }

  @Override
  public void putBack(Job job) {
    jobs.addFirst(job);
  }

  @Override
  public @Nullable Job first() {
    Job job = jobs.peekFirst();
    while (job != null && job.ended()) {
      jobs.removeFirst();
      job = jobs.peekFirst();
    }
    return job;
  }

  @Override
  public Job removeFirst() {
    return jobs.removeFirst();
  }

  @Override
  public long oldestArrivalNanos() {
    Job job = jobs.peekFirst();
    if (job == null) {
      throw new NoSuchElementException("no job waits");
    }
    return job.arrivalNanos();
  }

  @Override
  public long urgencyNanos() {
    return oldestArrivalNanos();
  }

  @Override
  public boolean inOrder() {
    return true;
  }

  @Override
  public int size() {
    return jobs.size();
  }

  @Override
  public void removeIf(Predicate<Job> unwanted) {
    jobs.removeIf(unwanted);
  }

  @Override
  public void clear() {
    jobs.clear();
  }

  @Override
  public Iterator<Job> iterator() {
    return jobs.iterator();
  }
}
