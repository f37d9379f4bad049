package ai.mariner.core.message;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The lane of a request, for models that have lanes; the most urgent first. */
public enum Priority {
  /** Goes before the others. */
  HIGH,
  /** What a request has that names none. */
  NORMAL,
  /** Lets the others go first. */
  LOW;

  /**
   * The priority that a client names, in any case.
   *
   * @return {@code null} if there is none of this name
   */
  public static @Nullable Priority named(String text) {
    return switch (text.trim().toLowerCase(Locale.ROOT)) {
      case "high" -> HIGH;
      case "normal" -> NORMAL;
      case "low" -> LOW;
      default -> null;
    };
  }

  /** Whether a request of this priority goes before one of the other. */
  public boolean above(Priority other) {
    return compareTo(other) < 0;
  }
}
