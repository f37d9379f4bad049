package ai.mariner.core.crew;

import org.jspecify.annotations.Nullable;

/**
 * Whether a pool serves.
 *
 * @param wanted workers that are kept alive
 * @param target workers that it has or starts, which may be more while there is load
 * @param ready workers that take requests
 * @param everReady whether it once had all that it wants
 * @param failed whether a load has failed since it last had all that it wants
 * @param lastFailure why a worker was last lost or failed to load; absent: never
 */
public record Readiness(
    int wanted,
    int target,
    int ready,
    boolean everReady,
    boolean failed,
    @Nullable String lastFailure) {
  /** Whether requests find a worker, or none is wanted. */
  public boolean serves() {
    return ready > 0 || wanted == 0;
  }

  /** Whether it has all the workers that it wants. */
  public boolean satisfied() {
    return ready >= wanted;
  }
}
