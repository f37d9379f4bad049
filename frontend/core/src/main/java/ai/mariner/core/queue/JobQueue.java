package ai.mariner.core.queue;

import ai.mariner.core.job.Job;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Jobs in the order in which they are to run. Jobs that have ended may be among them until somebody
 * asks for the first one. Iterates in the same order.
 */
interface JobQueue extends Iterable<Job> {
  /** Adds a job that has just arrived. */
  void add(Job job);

  /** Puts a job back before all others of its kind. */
  void putBack(Job job);

  /** The first job that has not ended, after dropping those before it that have; absent: none. */
  @Nullable Job first();

  /** Takes out the job that {@link #first} has just told. */
  Job removeFirst();

  /** When the job arrived that has waited longest; only after {@link #first} has told one. */
  long oldestArrivalNanos();

  /**
   * A time by which the first jobs of several queues can be compared, the smaller the sooner; only
   * after {@link #first} has told one.
   */
  long urgencyNanos();

  /** Whether the order is that of arrival. */
  boolean inOrder();

  /** Number of jobs, with those that have ended. */
  int size();

  /** Drops some jobs. */
  void removeIf(Predicate<Job> unwanted);

  /** Drops all jobs. */
  void clear();
}
