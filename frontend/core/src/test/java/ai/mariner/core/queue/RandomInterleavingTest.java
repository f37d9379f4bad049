package ai.mariner.core.queue;

import org.junit.jupiter.api.Test;

/** Many random histories of a pool; each is told by its seed, which a failure names. */
class RandomInterleavingTest {
  private static final int SEEDS = 300;
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
