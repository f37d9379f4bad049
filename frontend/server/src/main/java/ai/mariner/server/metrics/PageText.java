package ai.mariner.server.metrics;

import java.util.regex.Pattern;

/** The text format 0.0.4 of Prometheus. */
final class PageText {
  private static final Pattern NOT_OF_NAMES = Pattern.compile("[^a-zA-Z0-9_:]");
  private static final Pattern NOT_OF_LABELS = Pattern.compile("[^a-zA-Z0-9_]");

  private PageText() {}

  /** A metric's name as the format allows it. */
  static String name(String text) {
    return beginning(NOT_OF_NAMES.matcher(text).replaceAll("_"));
  }

  /** A label's name as the format allows it. */
  static String labelName(String text) {
    return beginning(NOT_OF_LABELS.matcher(text).replaceAll("_"));
  }

  /** Writes a label. */
  static void label(StringBuilder labels, String name, String value) {
    labels.append(labels.length() == 0 ? "" : ",").append(name).append("=\"");
    labels.append(escaped(value)).append('"');
  }

  /** A text within quotes. */
  static String escaped(String value) {
    return value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
  }

  /** A text behind {@code # HELP}. */
  static String help(String text) {
    return text.replace("\\", "\\\\").replace("\n", "\\n");
  }

  /** Writes a line. */
  static void sample(StringBuilder page, String name, String labels, double value) {
    page.append(name);
    if (!labels.isEmpty()) {
      page.append('{').append(labels).append('}');
    }
    page.append(' ').append(number(value)).append('\n');
  }

  private static String number(double value) {
    if (Double.isInfinite(value)) {
      return value > 0 ? "+Inf" : "-Inf";
    }
    return Double.toString(value);
  }

  private static String beginning(String name) {
    return name.isEmpty() || Character.isDigit(name.charAt(0)) ? "_" + name : name;
  }
}
