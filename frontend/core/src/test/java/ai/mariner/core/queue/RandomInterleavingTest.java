package ai.mariner.core.queue;

import java.util.function.LongConsumer;
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
    eachSeed(seed -> new RandomHistory(seed).play(STEPS));
  }

  @Test
  void soDoesEveryRequestOfModelsThatShareProcesses() {
    eachSeed(seed -> new GroupHistory(seed).play(STEPS));
  }

  private static void eachSeed(LongConsumer history) {
    for (long seed = 0; seed < SEEDS; seed++) {
      try {
        history.accept(seed);
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("seed " + seed + ": " + e, e);
      }
    }
  }
}
