package ai.mariner.core.queue;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Many random histories of a pool; each is told by its seed, which a failure names. The property
 * {@code mariner.history.seeds} says how many ({@code gradle -PhistorySeeds=3000 :core:unitTest}).
 */
@Tag("history")
class RandomInterleavingTest {
  private static final int SEEDS = Integer.getInteger("mariner.history.seeds", 60);
  private static final int STEPS = 2000;

  @Test
  void everyRequestEndsExactlyOnceWhateverHappens() {
    for (long seed = 0; seed < SEEDS; seed++) {
      try {
        new RandomHistory(seed).play(STEPS);
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("seed " + seed + ": " + e, e);
      }
    }
  }
}
