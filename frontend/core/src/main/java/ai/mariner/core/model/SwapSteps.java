package ai.mariner.core.model;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * How far a swap has come. Written by one step after the other, on changing threads that follow
 * each other; read by any thread.
 */
final class SwapSteps {
  private final LongSupplier nanoTime;
  private volatile Passed passed = new Passed(List.of(), SwapStep.Name.FETCH);
  private long begunNanos;

  /**
   * A moment of a swap.
   *
   * @param done the steps that went well, in order
   * @param present what is being done
   */
  record Passed(List<SwapStep> done, SwapStep.Name present) {}

  /**
   * Begins with the first step.
   *
   * @param nanoTime monotonic clock
   */
  SwapSteps(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.begunNanos = nanoTime.getAsLong();
  }

  /** Where the swap is now. */
  Passed passed() {
    return passed;
  }

  /** The present step has gone well; the next one begins. */
  void next(SwapStep.Name next) {
    long now = nanoTime.getAsLong();
    List<SwapStep> done = new ArrayList<>(passed.done());
    done.add(new SwapStep(passed.present(), Duration.ofNanos(now - begunNanos)));
    begunNanos = now;
    passed = new Passed(List.copyOf(done), next);
  }

  /** There was nothing to do in the present step; the next one begins. */
  void skipTo(SwapStep.Name next) {
    begunNanos = nanoTime.getAsLong();
    passed = new Passed(passed.done(), next);
  }

  /** The present step has gone well and was the last one. */
  void finish() {
    next(passed.present());
  }
}
