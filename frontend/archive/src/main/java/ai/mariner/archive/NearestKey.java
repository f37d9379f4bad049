package ai.mariner.archive;

import java.util.Collection;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Finds the known key that a misspelt one was meant to be. */
final class NearestKey {
  private static final int LONG_ENOUGH = 8;

  private NearestKey() {}

  /**
   * The known key that differs only in case, {@code _ -} or a slip of the fingers; absent: none.
   */
  static @Nullable String of(String key, Collection<String> known) {
    String plain = plain(key);
    String nearest = null;
    int least = Integer.MAX_VALUE;
    for (String candidate : known) {
      int distance = distance(plain, plain(candidate));
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

  private static int distance(String a, String b) {
    if (Math.abs(a.length() - b.length()) > 2) {
      return Integer.MAX_VALUE;
    }
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int change = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(change, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }
}
