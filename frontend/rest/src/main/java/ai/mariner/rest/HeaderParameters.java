package ai.mariner.rest;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Parameters of header values such as {@code form-data; name="a"; filename="b"}. */
final class HeaderParameters {
  private HeaderParameters() {}

  /**
   * Finds a parameter.
   *
   * @param header value of the header
   * @param name name of the parameter, in lower case
   * @return its value without quotes and escapes, or {@code null}
   */
  static @Nullable String find(String header, String name) {
    int at = header.indexOf(';');
    while (at >= 0 && at < header.length()) {
      int equals = header.indexOf('=', at + 1);
      int semicolon = header.indexOf(';', at + 1);
      if (equals < 0) {
        return null;
      }
      if (semicolon >= 0 && semicolon < equals) {
        at = semicolon;
        continue;
      }
      String key = header.substring(at + 1, equals).trim().toLowerCase(Locale.ROOT);
      StringBuilder value = new StringBuilder();
      at = value(header, equals + 1, value);
      if (key.equals(name)) {
        return value.toString();
      }
    }
    return null;
  }

  /** Reads a value and returns where it ends: at a semicolon or the end. */
  private static int value(String header, int begin, StringBuilder value) {
    int i = begin;
    while (i < header.length() && (header.charAt(i) == ' ' || header.charAt(i) == '\t')) {
      i++;
    }
    if (i < header.length() && header.charAt(i) == '"') {
      i++;
      while (i < header.length() && header.charAt(i) != '"') {
        // Browsers escape quotes only; a lone backslash is part of a name.
        boolean escape =
            header.charAt(i) == '\\'
                && i + 1 < header.length()
                && (header.charAt(i + 1) == '"' || header.charAt(i + 1) == '\\');
        if (escape) {
          i++;
        }
        value.append(header.charAt(i++));
      }
      int semicolon = header.indexOf(';', Math.min(i + 1, header.length()));
      return semicolon < 0 ? header.length() : semicolon;
    }
    int semicolon = header.indexOf(';', i);
    int end = semicolon < 0 ? header.length() : semicolon;
    value.append(header.substring(i, end).trim());
    return end;
  }
}
