package ai.mariner.server.config;

import ai.mariner.core.config.EditDistance;
import java.util.Collection;

/** Finds what somebody may have meant. */
final class NearestName {
  private NearestName() {}

  /**
   * A sentence that names the most similar known name, or an empty text if none is similar.
   *
   * @param name what was written
   * @param known what could have been meant
   */
  static String hint(String name, Collection<String> known) {
    String best = "";
    int bestDistance = Math.max(2, name.length() / 3) + 1;
    for (String candidate : known) {
      int distance = EditDistance.between(name, candidate);
      if (distance < bestDistance) {
        bestDistance = distance;
        best = candidate;
      }
    }
    return best.isEmpty() ? "" : "; did you mean " + best + "?";
  }
}
