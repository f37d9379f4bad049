package ai.mariner.core.queue;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Sequences that were lost while their clients were silent, and why: the next request of each is
 * told so. The oldest are forgotten when they are many.
 */
final class LostSequences {
  private static final int MOST = 4096;

  private final Map<String, String> reasons = new LinkedHashMap<>();

  void add(String id, String why) {
    reasons.remove(id);
    reasons.put(id, why);
    if (reasons.size() > MOST) {
      reasons.remove(reasons.keySet().iterator().next());
    }
  }

  /** Why a sequence was lost, said once; absent: it was not. */
  @Nullable String take(String id) {
    return reasons.isEmpty() ? null : reasons.remove(id);
  }
}
