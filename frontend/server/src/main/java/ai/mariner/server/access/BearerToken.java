package ai.mariner.server.access;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The header by which callers show a token. */
final class BearerToken {
  private static final Pattern BEARER =
      Pattern.compile("^Bearer\\s+(\\S+)$", Pattern.CASE_INSENSITIVE);

  private BearerToken() {}

  /** Whether a header shows this key; takes as long whichever byte of it is wrong. */
  static boolean matches(String key, @Nullable String authorization) {
    if (authorization == null) {
      return false;
    }
    Matcher header = BEARER.matcher(authorization);
    return header.matches()
        && MessageDigest.isEqual(
            key.getBytes(StandardCharsets.UTF_8), header.group(1).getBytes(StandardCharsets.UTF_8));
  }
}
