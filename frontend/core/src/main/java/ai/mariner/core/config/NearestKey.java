package ai.mariner.core.config;

import java.util.Collection;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Finds the known key that a misspelt one was meant to be. */
public final class NearestKey {
  private static final int LONG_ENOUGH = 8;

  private NearestKey() {}

  /**
   * The known key that differs only in case, {@code _ -} or a slip of the fingers; absent: none.
   */
  public static @Nullable String of(String key, Collection<String> known) {
    String plain = plain(key);
    String nearest = null;
    int least = Integer.MAX_VALUE;
    for (String candidate : known) {
      int distance = EditDistance.between(plain, plain(candidate));
      int allowed = Math.min(plain.length(), candidate.length()) < LONG_ENOUGH ? 1 : 2;
      if (distance <= allowed && distance < least) {
        least = distance;
        nearest = candidate;
      }
    }
    return nearest;
  }

  private static String plain(String key) {
    return key.toLowerCase(Locale.ROOT).replaceAll("[_\\- ]", "");
  }
}
