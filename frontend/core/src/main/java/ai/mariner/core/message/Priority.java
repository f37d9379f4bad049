package ai.mariner.core.message;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The lane of a request, for models that have lanes; the most urgent first. */
public enum Priority {
  /** Goes before the others. */
  HIGH(0),
  /** What a request has that names none. */
  NORMAL(1),
  /** Lets the others go first. */
  LOW(2);

  private final int lanesAbove;

  Priority(int lanesAbove) {
    this.lanesAbove = lanesAbove;
  }

  /** Number of lanes that go before this one. */
  public int lanesAbove() {
    return lanesAbove;
  }

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
    return lanesAbove < other.lanesAbove;
  }
}
