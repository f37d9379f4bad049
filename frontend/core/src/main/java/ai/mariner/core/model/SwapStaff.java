package ai.mariner.core.model;

import ai.mariner.core.config.CrewOptions;
import ai.mariner.core.config.ModelOption;
import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.ModelSpec;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How many workers a version has that takes over by a swap: no fewer than the old one has at that
 * moment, unless its own {@code maxWorkers} says so.
 *
 * @param min workers that are kept alive
 * @param max upper bound
 * @param first how many there shall be when the default changes
 */
record SwapStaff(int min, int max, int first) {

  /** What an order asks for that says how many: resolved into the options already. */
  static SwapStaff asked(ModelSpec fresh) {
    return new SwapStaff(fresh.minWorkers(), fresh.maxWorkers(), fresh.minWorkers());
  }

  /**
   * For a version that is not registered: the bounds of the old one hold for it too, since they may
   * have been set by hand. Where only the new one follows the load there are no bounds to hand on
   * but a number, so that its own count.
   *
   * @param fresh its options
   * @param own what they were made of, highest precedence first
   * @param old options of the old version
   * @param now workers that the old version has or starts
   */
  static SwapStaff ofNew(ModelSpec fresh, List<ModelOverrides> own, ModelSpec old, int now) {
    @Nullable Integer ownMax = first(own, CrewOptions.MAX_WORKERS);
    if (fresh.autoscale() == null) {
      return fixed(old.minWorkers(), old.maxWorkers(), now, ownMax);
    }
    if (old.autoscale() != null) {
      return following(old.minWorkers(), old.maxWorkers(), now);
    }
    @Nullable Integer ownMin = first(own, CrewOptions.MIN_WORKERS);
    int max = ownMax == null ? Math.max(now, old.maxWorkers()) : ownMax;
    int min = ownMin == null ? Math.min(old.minWorkers(), max) : ownMin;
    return following(min, Math.max(min, max), now);
  }

  /** For a version that is registered: it has bounds of its own, and keeps more. */
  static SwapStaff ofRegistered(ModelSpec fresh, List<ModelOverrides> own, ModelSpec old, int now) {
    int min = Math.max(fresh.minWorkers(), old.minWorkers());
    int max = Math.max(min, fresh.maxWorkers());
    if (fresh.autoscale() != null) {
      return following(min, max, now);
    }
    @Nullable Integer ownMax = first(own, CrewOptions.MAX_WORKERS);
    // By hand or by default, one number sets both; two numbers mean a bound.
    boolean bounded = ownMax == null && fresh.maxWorkers() > fresh.minWorkers();
    return fixed(min, max, now, bounded ? Integer.valueOf(fresh.maxWorkers()) : ownMax);
  }

  private static SwapStaff following(int min, int max, int now) {
    return new SwapStaff(min, max, Math.max(min, Math.min(now, max)));
  }

  /** Nothing would add workers later, so what the old one has under its load is kept alive. */
  private static SwapStaff fixed(int min, int max, int now, @Nullable Integer ownMax) {
    int count = Math.max(min, ownMax == null ? now : Math.min(now, ownMax));
    return new SwapStaff(count, Math.max(count, max), count);
  }

  private static @Nullable Integer first(
      List<ModelOverrides> sources, ModelOption<Integer> option) {
    return sources.stream()
        .map(source -> source.get(option))
        .filter(Objects::nonNull)
        .findFirst()
        .orElse(null);
  }
}
