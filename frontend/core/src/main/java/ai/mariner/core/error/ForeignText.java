package ai.mariner.core.error;

/** How text from elsewhere is shown in a message. */
public final class ForeignText {
  private ForeignText() {}

  /** The text on one line, cut after so many characters. */
  public static String shown(String text, int mostChars) {
    StringBuilder out = new StringBuilder();
    text.codePoints().limit(mostChars).forEach(c -> append(out, c));
    return text.codePointCount(0, text.length()) > mostChars ? out + "..." : out.toString();
  }

  private static void append(StringBuilder out, int codePoint) {
    switch (Character.getType(codePoint)) {
      // Besides controls: marks that turn the direction of text, and halves of characters.
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          out.append(String.format("\\u%04x", codePoint));
      default -> out.appendCodePoint(codePoint);
    }
  }
}
