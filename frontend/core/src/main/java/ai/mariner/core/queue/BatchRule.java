package ai.mariner.core.queue;

import org.jspecify.annotations.Nullable;

/** The operator's own word on the batches of one model. Called on the loop of its pool. */
@FunctionalInterface
public interface BatchRule {
  /**
   * What a worker that is free is to take.
   *
   * @param waiting requests that wait with the same batch key, at least 1
   * @param waitingInAll requests that wait for the model
   * @param oldestWaitNanos how long the first of them has waited
   * @param freeSeats batches that workers could take at once, at least 1
   * @return absent: what the model's options say
   */
  @Nullable Wish wish(int waiting, int waitingInAll, long oldestWaitNanos, int freeSeats);

  /** What a rule wants. */
  sealed interface Wish {}

  /**
   * A batch now.
   *
   * @param most requests in it, at least 1
   */
  record Take(int most) implements Wish {}

  /**
   * To be asked again.
   *
   * @param nanos when, if nothing changes before; at least 1
   */
  record Wait(long nanos) implements Wish {}
}
