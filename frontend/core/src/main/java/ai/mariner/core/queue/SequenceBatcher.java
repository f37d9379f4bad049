package ai.mariner.core.queue;

import ai.mariner.core.error.Failure;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.job.Job;
import ai.mariner.core.job.RunGroup;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.message.Sequence;
import ai.mariner.core.process.ProcessKey;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Batches of requests of different sequences. A sequence belongs to the process that ran its first
 * request; its requests run there in their order, one at a time.
 */
final class SequenceBatcher implements Batcher {
  private final SequenceLimits limits;
  private final SequencePolicy policy;
  private final SequenceGate gate;
  private final Map<String, OpenSequence> open = new LinkedHashMap<>();
  private final LostSequences lost = new LostSequences();

  /** Requests that belong to no sequence: descriptions. */
  private final ArrayDeque<Job> plain = new ArrayDeque<>();

  private final List<Rejected> rejected = new ArrayList<>();
  private int live;

  /**
   * A request that waited and can't run any more.
   *
   * @param job out of the queue
   * @param failure what to tell
   */
  record Rejected(Job job, Failure failure) {}

  /**
   * Begins without sequences.
   *
   * @param workers how many workers there are
   */
  SequenceBatcher(ModelKey key, SequenceLimits limits, SequencePolicy policy, IntSupplier workers) {
    this.limits = limits;
    this.policy = policy;
    SequenceWords words = new SequenceWords(key, policy);
    this.gate = new SequenceGate(open, lost, limits, policy, words, workers);
  }

  /**
   * The request with its place in a sequence; see {@link SequenceGate#placed}. Changes nothing;
   * {@link #offer} does.
   *
   * @throws ServeException if it can't be taken
   */
  InferenceRequest placed(InferenceRequest request) {
    return gate.placed(request);
  }

  @Override
  public boolean offer(Job job) {
    if (live >= limits.capacity()) {
      return false;
    }
    Sequence place = job.request().sequence();
    if (place == null) {
      plain.addLast(job);
    } else {
      lost.take(place.id());
      of(place, job).add(job, place.end());
    }
    live++;
    return true;
  }

  private OpenSequence of(Sequence place, Job job) {
    return open.computeIfAbsent(place.id(), id -> new OpenSequence(id, job.arrivalNanos()));
  }

  /** How many sequences belong to a process, whether or not their requests wait. */
  int boundTo(ProcessKey process) {
    int count = 0;
    for (OpenSequence sequence : open.values()) {
      if (process.equals(sequence.owner())) {
        count++;
      }
    }
    return count;
  }

  @Override
  public Decision next(long nowNanos, ProcessKey asker, int freeWorkers) {
    Job description = plain.pollFirst();
    if (description != null) {
      live--;
      description.taken();
      return new Decision.Dispatch(List.of(description));
    }
    SequenceChoice choice = SequenceChoice.of(open.values(), asker, freeWorkers, limits, nowNanos);
    List<OpenSequence> batch = choice.batch();
    if (batch.isEmpty()) {
      return Decision.IDLE;
    }
    if (choice.dueNanos() - nowNanos > 0) {
      return new Decision.WaitUntil(choice.dueNanos());
    }
    List<Job> jobs = new ArrayList<>(batch.size());
    for (OpenSequence sequence : batch) {
      Job job = sequence.take(asker);
      live--;
      job.taken();
      jobs.add(job);
    }
    return new Decision.Dispatch(jobs);
  }

  /** A job that was taken is under way no more: its run has ended, or it was never sent. */
  void left(Job job, long nowNanos) {
    OpenSequence sequence = sequenceOf(job);
    if (sequence == null || !sequence.left(job, nowNanos)) {
      return;
    }
    if (job.run() == null) {
      unbegun(sequence, job);
    }
    endIfDone(sequence);
  }

  @Override
  public void cancelled(Job job) {
    live--;
    OpenSequence sequence = sequenceOf(job);
    if (sequence == null) {
      plain.remove(job);
      return;
    }
    sequence.cancelled(job);
    unbegun(sequence, job);
    endIfDone(sequence);
  }

  private @Nullable OpenSequence sequenceOf(Job job) {
    Sequence place = job.request().sequence();
    return place == null ? null : open.get(place.id());
  }

  /** Nothing of a sequence can run when the request that begins it did not. */
  private void unbegun(OpenSequence sequence, Job job) {
    Sequence place = job.request().sequence();
    if (place != null && place.start()) {
      end(sequence, "the request that begins it did not run");
    }
  }

  private void endIfDone(OpenSequence sequence) {
    if (sequence.ending() && sequence.quiet()) {
      open.remove(sequence.id(), sequence);
    }
  }

  /**
   * The handler has ended sequences.
   *
   * @param word {@code true}: that of the job; else ids of the same process, with semicolons
   *     between them
   */
  void endedByHandler(Job job, String word) {
    OpenSequence own = sequenceOf(job);
    if (own == null) {
      return;
    }
    String why = "its handler has ended it";
    if (SequencePolicy.isTrue(word)) {
      end(own, why);
      return;
    }
    for (String id : word.split(";")) {
      OpenSequence named = open.get(id.trim());
      if (named != null && named.owner() != null && named.owner().equals(own.owner())) {
        end(named, why);
      }
    }
  }

  /** A request is under way for too long and may never leave its worker. */
  void stuck(Job job) {
    OpenSequence sequence = sequenceOf(job);
    if (sequence != null) {
      end(sequence, "a request of it took longer than responseTimeout");
    }
  }

  /** Ends all sequences of a process that is lost; returns how many. */
  int lost(ProcessKey process, String why) {
    int count = 0;
    for (OpenSequence sequence : List.copyOf(open.values())) {
      if (process.equals(sequence.owner())) {
        end(sequence, why);
        lost.add(sequence.id(), why);
        count++;
      }
    }
    return count;
  }

  /** Ends the sequences whose time is over. What is under way is finished. */
  void expire(long nowNanos) {
    for (OpenSequence sequence : List.copyOf(open.values())) {
      if (endNanos(sequence) != Long.MAX_VALUE && endNanos(sequence) - nowNanos <= 0) {
        end(sequence, "it is older than sequenceTimeoutMSec");
      }
    }
  }

  /** When the next sequence ends by itself; {@link Long#MAX_VALUE}: none does. */
  long nextEndNanos() {
    long next = Long.MAX_VALUE;
    for (OpenSequence sequence : open.values()) {
      long end = endNanos(sequence);
      if (end != Long.MAX_VALUE && (next == Long.MAX_VALUE || end - next < 0)) {
        next = end;
      }
    }
    return next;
  }

  private long endNanos(OpenSequence sequence) {
    return sequence.endNanos(limits.maxIdleNanos(), limits.timeoutNanos());
  }

  private void end(OpenSequence sequence, String why) {
    open.remove(sequence.id(), sequence);
    for (Job job : sequence.takeAll()) {
      live--;
      job.taken();
      rejected.add(new Rejected(job, SequenceWords.over(sequence.id(), why)));
    }
  }

  /** Takes out those that can't run any more. */
  List<Rejected> takeRejected() {
    if (rejected.isEmpty()) {
      return List.of();
    }
    List<Rejected> all = List.copyOf(rejected);
    rejected.clear();
    return all;
  }

  /** Name of the header by which handlers end sequences. */
  String endHeader() {
    return policy.names().end();
  }

  /** The shortest time after which a sequence may end by itself; 0: none does. */
  long shortestNanos() {
    return limits.shortestNanos();
  }

  /** Whether there are sequences. */
  boolean hasOpen() {
    return !open.isEmpty();
  }

  @Override
  public @Nullable RunGroup nextGroup() {
    return null;
  }

  @Override
  public void requeue(List<Job> jobs) {
    for (int i = jobs.size() - 1; i >= 0; i--) {
      Job job = jobs.get(i);
      Sequence place = job.request().sequence();
      if (place == null) {
        plain.addFirst(job);
      } else {
        of(place, job).putBack(job);
      }
    }
    live += jobs.size();
  }

  @Override
  public List<Job> drain() {
    List<Job> all = new ArrayList<>(plain);
    plain.clear();
    takeRejected().forEach(late -> all.add(late.job()));
    for (OpenSequence sequence : List.copyOf(open.values())) {
      all.addAll(sequence.takeAll());
      if (sequence.quiet() && (sequence.owner() == null || sequence.ending())) {
        open.remove(sequence.id());
      }
    }
    all.forEach(Job::taken);
    live = 0;
    return all;
  }

  @Override
  public int size() {
    return live;
  }

  @Override
  public long oldestArrivalNanos() {
    Job oldest = plain.peekFirst();
    for (OpenSequence sequence : open.values()) {
      Job first = sequence.oldest();
      if (first != null && (oldest == null || first.arrivalNanos() - oldest.arrivalNanos() < 0)) {
        oldest = first;
      }
    }
    if (oldest == null) {
      throw new IllegalStateException("nothing waits");
    }
    return oldest.arrivalNanos();
  }

  @Override
  public boolean inOrder() {
    return false;
  }

  @Override
  public int capacity() {
    return limits.capacity();
  }
}
