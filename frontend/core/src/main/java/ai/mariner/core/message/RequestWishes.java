package ai.mariner.core.message;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a request's headers say to the entrance of a pool. Read only for models that have switched
 * something on that asks for it.
 */
public final class RequestWishes {
  private static final String PRIORITY = "x-priority";
  private static final String CACHE_CONTROL = "cache-control";
  private static final List<String> NOT_FROM_CACHE = List.of("no-store", "no-cache");
  private static final int MOST_SHOWN = 100;

  private @Nullable String priority;
  private boolean refusesCache;

  private RequestWishes() {}

  public static RequestWishes of(Headers headers) {
    RequestWishes wishes = new RequestWishes();
    headers.forEach(wishes::header);
    return wishes;
  }

  private void header(CharSequence name, CharSequence value) {
    if (isNamed(name, PRIORITY)) {
      if (priority == null) {
        priority = value.toString();
      }
    } else if (isNamed(name, CACHE_CONTROL)) {
      refusesCache |= hasDirective(value.toString(), NOT_FROM_CACHE);
    }
  }

  /** Whether the client wants nothing that was kept, and nothing to be kept. */
  public boolean refusesCache() {
    return refusesCache;
  }

  /**
   * The lane that the client chose.
   *
   * @throws ServeException BAD_REQUEST if there is no such lane
   */
  public Priority priority() {
    String text = priority;
    if (text == null) {
      return Priority.NORMAL;
    }
    Priority named = Priority.named(text);
    if (named == null) {
      throw new ServeException(
          ErrorKind.BAD_REQUEST,
          "X-Priority: " + printable(text) + " (expected: high, normal or low)");
    }
    return named;
  }

  /** Whether a header has this name, which is given in lower case. */
  public static boolean isNamed(CharSequence header, String name) {
    return header.length() == name.length() && name.equalsIgnoreCase(header.toString());
  }

  /** Whether a {@code Cache-Control} value has one of these directives. */
  public static boolean hasDirective(String value, List<String> directives) {
    for (String item : value.split("[,;]", -1)) {
      String directive = item.trim().toLowerCase(Locale.ROOT);
      for (String wanted : directives) {
        if (directive.equals(wanted) || directive.startsWith(wanted + "=")) {
          return true;
        }
      }
    }
    return false;
  }

  private static String printable(String text) {
    StringBuilder shown = new StringBuilder();
    for (int i = 0; i < text.length() && i < MOST_SHOWN; i++) {
      char c = text.charAt(i);
      shown.append(c >= ' ' && c < 0x7f ? c : '?');
    }
    return shown.toString();
  }
}
