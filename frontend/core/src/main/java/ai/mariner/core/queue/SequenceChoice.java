package ai.mariner.core.queue;

import ai.mariner.core.job.Job;
import ai.mariner.core.message.Operation;
import ai.mariner.core.process.ProcessKey;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * Which sequences give their heads to the next batch of a process.
 *
 * @param batch in the order of arrival of their heads; empty: none has one for this process
 * @param dueNanos when the batch has waited long enough for others; a time that has passed if there
 *     is nothing to wait for
 */
record SequenceChoice(List<OpenSequence> batch, long dueNanos) {
  /**
   * Chooses the oldest heads that may run together.
   *
   * @param freeWorkers workers that could take a batch, the asker included; new sequences are
   *     shared among them
   */
  static SequenceChoice of(
      Collection<OpenSequence> open,
      ProcessKey asker,
      int freeWorkers,
      SequenceLimits limits,
      long nowNanos) {
    List<OpenSequence> ready = new ArrayList<>();
    int unbound = 0;
    int possible = 0;
    for (OpenSequence sequence : open) {
      if (sequence.mayRunIn(asker)) {
        possible++;
        if (sequence.head() != null) {
          ready.add(sequence);
          unbound += sequence.owner() == null ? 1 : 0;
        }
      }
    }
    if (ready.isEmpty()) {
      return new SequenceChoice(ready, nowNanos);
    }
    ready.sort(Comparator.comparingLong(sequence -> head(sequence).arrivalNanos() - nowNanos));
    int share = (unbound + freeWorkers - 1) / freeWorkers;
    List<OpenSequence> batch = mates(ready, share, limits.batchSize());
    boolean complete = batch.size() >= Math.min(limits.batchSize(), possible);
    long due =
        batch.isEmpty() || complete
            ? nowNanos
            : head(batch.get(0)).arrivalNanos() + limits.windowNanos();
    return new SequenceChoice(batch, due);
  }

  private static List<OpenSequence> mates(List<OpenSequence> ready, int share, int most) {
    List<OpenSequence> batch = new ArrayList<>();
    Operation operation = head(ready.get(0)).request().operation();
    int adopted = 0;
    for (OpenSequence sequence : ready) {
      boolean isNew = sequence.owner() == null;
      if (batch.size() < most
          && (!isNew || adopted < share)
          && head(sequence).request().operation() == operation) {
        batch.add(sequence);
        adopted += isNew ? 1 : 0;
      }
    }
    return batch;
  }

  private static Job head(OpenSequence sequence) {
    Job head = sequence.head();
    if (head == null) {
      throw new IllegalStateException("nothing of sequence " + sequence.id() + " waits");
    }
    return head;
  }
}
