package ai.mariner.core.queue;

import ai.mariner.core.crew.Demand;
import ai.mariner.core.job.Job;
import ai.mariner.core.job.RunGroup;
import ai.mariner.core.process.ProcessKey;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Holds the jobs that wait and decides which of them run together. Pure: no clock, no threads. */
interface Batcher extends Demand {
  /** Takes a job at the end of the queue; false when the queue is full. */
  boolean offer(Job job);

  /**
   * What to do now.
   *
   * @param nowNanos time
   * @param asker the process that would run it
   * @param freeWorkers workers that could take a batch at once, at least 1
   */
  Decision next(long nowNanos, ProcessKey asker, int freeWorkers);

  /** The group of the batch that would run next; absent: it has none, or nothing waits. */
  @Nullable RunGroup nextGroup();

  /** Puts jobs back at the head of the queue, in this order, whatever its bound. */
  void requeue(List<Job> jobs);

  /** A waiting job has ended by itself; it is skipped from now on. */
  void cancelled(Job job);

  /** Takes out all waiting jobs, in order. */
  List<Job> drain();

  /** Whether no job is ever taken before one that came earlier. */
  boolean inOrder();

  /** Most waiting jobs. */
  int capacity();
}
