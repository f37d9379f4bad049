package ai.mariner.core.message;

/**
 * What models and their versions may be called: whatever every API can carry. REST has both in a
 * path, where an escaped slash separates, too, and where clients drop {@code .} and {@code ..}.
 */
public final class NameRule {
  /** What is expected of a name or version, for messages. */
  public static final String EXPECTED =
      "1 to 128 characters without / and control characters, not blank, not . or ..";

  private static final int MOST_CHARS = 128;

  private NameRule() {}

  /** Whether a model or a version may be called so. */
  public static boolean allows(String name) {
    if (name.isBlank() || name.length() > MOST_CHARS || name.equals(".") || name.equals("..")) {
      return false;
    }
    return name.codePoints().allMatch(NameRule::isCarried);
  }

  private static boolean isCarried(int codePoint) {
    boolean halfOfAPair = codePoint >= Character.MIN_SURROGATE && codePoint <= 0xDFFF;
    return codePoint != '/' && !Character.isISOControl(codePoint) && !halfOfAPair;
  }

  /** The name as messages show it: on one line, and not too long. */
  public static String shown(String name) {
    StringBuilder shown = new StringBuilder();
    name.codePoints()
        .limit(MOST_CHARS)
        .map(c -> Character.isISOControl(c) ? '?' : c)
        .forEach(shown::appendCodePoint);
    return shown.toString();
  }
}
