package ai.mariner.server.config;

import ai.mariner.core.config.ListenerAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Addresses as the configuration writes them. */
final class AddressText {
  /** The kernel's limit is 108 on Linux and 104 on macOS, with room for a suffix. */
  static final int LONGEST_UNIX_PATH_BYTES = 100;

  static final String EXPECTED =
      "http://host[:port], https://host[:port] or unix:/path of at most "
          + LONGEST_UNIX_PATH_BYTES
          + " bytes";

  private static final Pattern HTTP =
      Pattern.compile(
          "https?://(\\[[0-9a-f:.%]+]|[^\\s:/?#\\[\\]]+)(?::(\\d{1,5}))?/?",
          Pattern.CASE_INSENSITIVE);
  private static final Pattern HOST =
      Pattern.compile("\\[?[0-9a-fA-F.%]*:[0-9a-fA-F.%]*:[0-9a-fA-F:.%]*]?|[^\\s:/?#\\[\\]]+");
  private static final int MOST_PORT = 65_535;

  private AddressText() {}

  static ListenerAddress readAddress(String text, int portIfOmitted) {
    if (text.startsWith("unix:")) {
      return ListenerAddress.unix(readUnixPath(text));
    }
    Matcher matcher = HTTP.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(text);
    }
    String port = matcher.group(2);
    int number = port == null ? portIfOmitted : Integer.parseInt(port);
    if (number > MOST_PORT) {
      throw new IllegalArgumentException(text);
    }
    return ListenerAddress.tcp(withoutBrackets(matcher.group(1)), number);
  }

  /** Whether the text of an address asks for TLS. */
  static boolean isSecure(String text) {
    return text.regionMatches(true, 0, "https:", 0, 6);
  }

  static String readHost(String text) {
    if (!HOST.matcher(text).matches()) {
      throw new IllegalArgumentException(text);
    }
    return withoutBrackets(text);
  }

  /**
   * Whether only this machine reaches a host. Names other than {@code localhost} are not looked up.
   */
  static boolean isLoopback(ListenerAddress address) {
    String host = address.host();
    if (host == null) {
      return true;
    }
    String name = host.toLowerCase(Locale.ROOT);
    return name.equals("localhost")
        || name.equals("::1")
        || name.equals("0:0:0:0:0:0:0:1")
        || name.matches("127\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}");
  }

  private static Path readUnixPath(String text) {
    String path = text.substring("unix:".length());
    if (!path.startsWith("/")
        || path.endsWith("/")
        || path.getBytes(StandardCharsets.UTF_8).length > LONGEST_UNIX_PATH_BYTES) {
      throw new IllegalArgumentException(text);
    }
    return Path.of(path);
  }

  private static String withoutBrackets(String host) {
    return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
  }
}
