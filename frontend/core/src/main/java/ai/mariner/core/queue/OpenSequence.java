package ai.mariner.core.queue;

import ai.mariner.core.job.Job;
import ai.mariner.core.process.ProcessKey;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A sequence that has begun and not ended, with those of its requests that wait. */
final class OpenSequence {
  private final String id;
  private final long bornNanos;
  private final ArrayDeque<Job> waiting = new ArrayDeque<>();
  private @Nullable ProcessKey owner;
  private @Nullable Job running;
  private long quietNanos;
  private boolean ending;

  OpenSequence(String id, long bornNanos) {
    this.id = id;
    this.bornNanos = bornNanos;
    this.quietNanos = bornNanos;
  }

  String id() {
    return id;
  }

  /** The process that has its state; absent: none of its requests has run. */
  @Nullable ProcessKey owner() {
    return owner;
  }

  /** Whether a process may run its requests. */
  boolean mayRunIn(ProcessKey process) {
    return owner == null || owner.equals(process);
  }

  void add(Job job, boolean last) {
    waiting.addLast(job);
    ending |= last;
  }

  void putBack(Job job) {
    running = null;
    waiting.addFirst(job);
  }

  /** The request that could run now; absent: none waits, or one is under way. */
  @Nullable Job head() {
    return running == null ? waiting.peekFirst() : null;
  }

  /** The request that has waited longest; absent: none waits. */
  @Nullable Job oldest() {
    return waiting.peekFirst();
  }

  /** Its head goes to a process, which it belongs to from now on. */
  Job take(ProcessKey process) {
    Job job = waiting.removeFirst();
    owner = process;
    running = job;
    return job;
  }

  /** A waiting request has ended by itself. */
  void cancelled(Job job) {
    waiting.remove(job);
    quietNanos = Math.max(quietNanos, job.arrivalNanos());
  }

  /** Its request is under way no more; false if it was not this one. */
  boolean left(Job job, long now) {
    if (running != job) {
      return false;
    }
    running = null;
    quietNanos = now;
    return true;
  }

  /** Whether no more requests may wait, beside the one that runs or is the next to run. */
  boolean full(int mostWaiting) {
    return waiting.size() >= mostWaiting + (running == null ? 1 : 0);
  }

  /** Whether its last request has come. */
  boolean ending() {
    return ending;
  }

  /** Whether nothing waits or runs. */
  boolean quiet() {
    return running == null && waiting.isEmpty();
  }

  /**
   * When it ends by itself unless something happens; {@link Long#MAX_VALUE}: it does not.
   *
   * @param maxIdleNanos longest pause; 0: any
   * @param timeoutNanos longest life; 0: any
   */
  long endNanos(long maxIdleNanos, long timeoutNanos) {
    long byTime = timeoutNanos == 0 ? Long.MAX_VALUE : bornNanos + timeoutNanos;
    if (maxIdleNanos == 0 || !quiet()) {
      return byTime;
    }
    long byPause = quietNanos + maxIdleNanos;
    return byTime == Long.MAX_VALUE || byPause - byTime < 0 ? byPause : byTime;
  }

  /** Takes out all that wait, in order. */
  List<Job> takeAll() {
    List<Job> all = List.copyOf(waiting);
    waiting.clear();
    return all;
  }
}
