package ai.mariner.plugins;

import ai.mariner.core.config.ModelSpec;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.queue.BatchRule;
import ai.mariner.sdk.BatchChoice;
import ai.mariner.sdk.BatchingPolicy;
import ai.mariner.sdk.QueueView;
import java.time.Duration;
import java.util.Locale;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A plugin's batching policy for one model, until it does what it must not; from then on the model
 * is served as its options say.
 */
final class PluginBatchRule implements BatchRule {
  private static final Logger log = LoggerFactory.getLogger(PluginBatchRule.class);

  /** An answer that takes longer holds up all that lives on the loop. */
  private static final long SLOW_NANOS = Duration.ofMillis(1).toNanos();

  /** Longer than any pause of the machine should be. */
  private static final long STUCK_NANOS = Duration.ofMillis(500).toNanos();

  /** So many slow answers are no accident, unless there are many quick ones between them. */
  private static final int MOST_SLOW = 5;

  private static final int QUICK_FOR_ONE_SLOW = 100;
  private static final long LONGEST_WAIT_NANOS = Duration.ofMinutes(1).toNanos();

  private final Offer<BatchingPolicy> offer;
  private final ModelKey key;
  private final int batchSize;
  private final long maxBatchDelayNanos;
  private final LongSupplier nanoTime;
  private int slow;
  private int quick;
  private boolean replaced;

  PluginBatchRule(
      Offer<BatchingPolicy> offer, ModelKey key, ModelSpec spec, LongSupplier nanoTime) {
    this.offer = offer;
    this.key = key;
    this.batchSize = spec.batchSize();
    this.maxBatchDelayNanos = spec.maxBatchDelay().toNanos();
    this.nanoTime = nanoTime;
  }

  @Override
  public @Nullable Wish wish(int waiting, int waitingInAll, long oldestWaitNanos, int freeSeats) {
    if (replaced) {
      return null;
    }
    QueueView view =
        new QueueView(
            waiting, waitingInAll, oldestWaitNanos, batchSize, maxBatchDelayNanos, freeSeats);
    long begun = nanoTime.getAsLong();
    @Nullable BatchChoice choice;
    try {
      choice = offer.object().choose(view);
    } catch (Throwable thrown) {
      // Whatever a plugin throws, also an Error, is its own.
      replace("it threw", thrown);
      return null;
    }
    String fault = fault(choice, view);
    if (fault == null) {
      fault = slowness(nanoTime.getAsLong() - begun);
    }
    if (choice == null || fault != null) {
      replace(String.valueOf(fault), null);
      return null;
    }
    return choice.requests() > 0 ? new Take(choice.requests()) : new Wait(choice.waitNanos());
  }

  /** What is wrong with an answer; absent: nothing. */
  private @Nullable String fault(@Nullable BatchChoice choice, QueueView view) {
    if (choice == null) {
      return "it answered null (expected: BatchChoice.take(…) or BatchChoice.waitFor(…))";
    }
    long wait = choice.waitNanos();
    if (choice.requests() < 0
        || choice.requests() > batchSize
        || (choice.requests() == 0 && wait == 0)) {
      return "it takes "
          + choice.requests()
          + " requests (expected: 1 to the batch size, "
          + batchSize
          + ")";
    }
    if (wait < 0 || wait > LONGEST_WAIT_NANOS) {
      return "it waits for " + wait + " ns (expected: 1 ns to a minute)";
    }
    if (wait > 0 && view.oldestWaitNanos() > LONGEST_WAIT_NANOS) {
      return "it waits for "
          + wait
          + " ns while a request has waited for "
          + Duration.ofNanos(view.oldestWaitNanos()).toSeconds()
          + " s (expected: a batch within a minute)";
    }
    return null;
  }

  /** What is wrong with the time that answers take; absent: nothing. */
  private @Nullable String slowness(long nanos) {
    if (nanos <= SLOW_NANOS) {
      if (slow > 0 && ++quick >= QUICK_FOR_ONE_SLOW) {
        quick = 0;
        slow--;
      }
      return null;
    }
    slow++;
    return nanos > STUCK_NANOS || slow >= MOST_SLOW
        ? String.format(
            Locale.ROOT,
            "it took %.1f ms, and %d times too long (expected: at most 1 ms)",
            nanos / 1e6,
            slow)
        : null;
  }

  private void replace(String why, @Nullable Throwable thrown) {
    replaced = true;
    String policy = offer.named();
    if (thrown == null) {
      log.error("model {} is served by its batchPolicy in place of {}: {}", key, policy, why);
    } else {
      log.error(
          "model {} is served by its batchPolicy in place of {}: {}", key, policy, why, thrown);
    }
  }
}
