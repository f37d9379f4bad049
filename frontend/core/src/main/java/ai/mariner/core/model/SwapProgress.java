package ai.mariner.core.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A swap that is under way.
 *
 * @param to version that is to be the default; absent while its archive is fetched
 * @param steps what is done, in order
 * @param step what is being done
 * @param ready ready workers of the new version
 * @param wanted workers that it shall have before it is the default
 */
public record SwapProgress(
    @Nullable String to, List<SwapStep> steps, SwapStep.Name step, int ready, int wanted) {
  /** Keeps the list as it is now. */
  public SwapProgress {
    steps = List.copyOf(steps);
  }
}
