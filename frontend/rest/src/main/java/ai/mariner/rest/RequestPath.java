package ai.mariner.rest;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The target of a request, taken apart.
 *
 * @param segments decoded segments of the path; a slash at its end does not count
 * @param query what follows the question mark; absent: none
 */
record RequestPath(List<String> segments, @Nullable String query) {

  /**
   * Takes a target apart. The path is split after decoding, so {@code %2F} separates, too.
   *
   * @throws ServeException if an escape is malformed
   */
  static RequestPath of(String target) {
    int begin = pathBegin(target);
    int mark = target.indexOf('?', begin);
    int end = mark < 0 ? target.length() : mark;
    String query = mark < 0 ? null : target.substring(mark + 1);
    String path = decode(target.substring(begin, end));
    return new RequestPath(split(path), query);
  }

  /** Proxies may send the whole address. */
  private static int pathBegin(String target) {
    if (target.startsWith("/")) {
      return 0;
    }
    int authority = target.indexOf("://");
    if (authority < 0) {
      return 0;
    }
    int slash = target.indexOf('/', authority + 3);
    return slash < 0 ? target.length() : slash;
  }

  private static List<String> split(String path) {
    int length = path.length();
    while (length > 0 && path.charAt(length - 1) == '/') {
      length--;
    }
    List<String> segments = new ArrayList<>(4);
    int begin = path.startsWith("/") ? 1 : 0;
    while (begin <= length && length > 0) {
      int slash = path.indexOf('/', begin);
      int end = slash < 0 || slash > length ? length : slash;
      segments.add(path.substring(begin, end));
      begin = end + 1;
    }
    return segments;
  }

  /** Bytes that the client did not escape arrive as characters up to 255. */
  private static String decode(String text) {
    boolean plain = true;
    for (int i = 0; i < text.length() && plain; i++) {
      char c = text.charAt(i);
      plain = c != '%' && c < 0x80;
    }
    if (plain) {
      return text;
    }
    byte[] bytes = new byte[text.length()];
    int size = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '%') {
        bytes[size++] = escaped(text, i);
        i += 2;
      } else {
        bytes[size++] = (byte) c;
      }
    }
    return new String(bytes, 0, size, StandardCharsets.UTF_8);
  }

  private static byte escaped(String text, int at) {
    int high = at + 2 < text.length() ? Character.digit(text.charAt(at + 1), 16) : -1;
    int low = at + 2 < text.length() ? Character.digit(text.charAt(at + 2), 16) : -1;
    if (high < 0 || low < 0) {
      throw new ServeException(
          ErrorKind.BAD_REQUEST,
          "Malformed escape in the path at position "
              + at
              + " (expected: % and two hexadecimal digits)");
    }
    return (byte) ((high << 4) | low);
  }
}
