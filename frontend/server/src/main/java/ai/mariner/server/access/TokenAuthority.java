package ai.mariner.server.access;

import ai.mariner.core.access.AccessPolicy;
import ai.mariner.core.access.TokenScope;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets in who has the key of a scope. Keys of inference and management expire and are renewed with
 * the API key, which doesn't. How long a key is valid is measured, not read from the calendar: a
 * jump of the machine's clock neither ends a key nor lengthens its life. Thread-safe.
 */
public final class TokenAuthority implements AccessPolicy {
  private static final Logger log = LoggerFactory.getLogger(TokenAuthority.class);
  private static final Pattern BEARER =
      Pattern.compile("^Bearer\\s+(\\S+)$", Pattern.CASE_INSENSITIVE);
  private static final int KEY_BYTES = 24;

  /** Nanoseconds have no room for more than 292 years. */
  private static final Duration LONGEST_LIFE = Duration.ofDays(36_500);

  private final KeyFile file;
  private final Duration life;
  private final Clocks clocks;
  private final SecureRandom random;
  private final Failure refusal;
  private final Failure renewalRefusal;

  /** Replaced as a whole; a check never sees half of a renewal. */
  private volatile Map<TokenScope, Held> keys = Map.of();

  /**
   * Where the time comes from.
   *
   * @param calendar what the key file tells its readers
   * @param nanoTime monotonic clock, by which keys end
   */
  public record Clocks(InstantSource calendar, LongSupplier nanoTime) {}

  /** A key with its end on the monotonic clock; absent: it has none. */
  private record Held(KeyFile.Key key, @Nullable Long endNanos) {}

  private TokenAuthority(KeyFile file, Duration life, Clocks clocks, SecureRandom random) {
    this.file = file;
    this.life = life.compareTo(LONGEST_LIFE) < 0 ? life : LONGEST_LIFE;
    this.clocks = clocks;
    this.random = random;
    String where =
        " Keys are in " + file.path().getFileName() + " in the server's working directory;";
    refusal =
        Failure.of(
            ErrorKind.UNAUTHENTICATED,
            "Token Authorization failed. Token either incorrect, expired, or not provided"
                + " correctly."
                + where
                + " send one as `Authorization: Bearer KEY`, or start the server with"
                + " --disable-token-auth or disable_token_authorization=true.");
    renewalRefusal =
        Failure.of(
            ErrorKind.UNAUTHENTICATED,
            "Token Authentication failed. Token either incorrect, expired, or not provided"
                + " correctly."
                + where
                + " a new token is made with the key named API.");
  }

  /**
   * Makes new keys and writes them down.
   *
   * @param keyFile where the keys are written to
   * @param life how long keys of inference and management are valid
   * @param clocks tell the time
   * @param random makes the keys
   * @throws IOException if the file can't be written
   */
  public static TokenAuthority create(
      Path keyFile, Duration life, Clocks clocks, SecureRandom random) throws IOException {
    TokenAuthority authority = new TokenAuthority(new KeyFile(keyFile), life, clocks, random);
    Map<TokenScope, Held> fresh = new EnumMap<>(TokenScope.class);
    fresh.put(TokenScope.API, new Held(new KeyFile.Key(authority.newKey(), null), null));
    fresh.put(TokenScope.INFERENCE, authority.expiringKey());
    fresh.put(TokenScope.MANAGEMENT, authority.expiringKey());
    authority.write(fresh);
    authority.keys = fresh;
    return authority;
  }

  @Override
  public @Nullable Failure check(TokenScope scope, @Nullable String authorization) {
    return matches(keys.get(scope), authorization) ? null : refusal;
  }

  @Override
  public @Nullable Failure rotate(TokenScope scope, @Nullable String authorization) {
    if (!matches(keys.get(TokenScope.API), authorization)) {
      return renewalRefusal;
    }
    if (scope == TokenScope.API) {
      return Failure.of(
          ErrorKind.BAD_REQUEST, "type: API (expected: one of inference, management)");
    }
    return renew(scope);
  }

  /** Removes the key file. */
  public void close() {
    try {
      file.delete();
    } catch (IOException e) {
      log.warn("{} could not be removed: {}", file.path(), e.toString());
    }
  }

  private synchronized @Nullable Failure renew(TokenScope scope) {
    Map<TokenScope, Held> fresh = new EnumMap<>(keys);
    fresh.put(scope, expiringKey());
    try {
      write(fresh);
    } catch (IOException e) {
      log.error(
          "{} could not be written; the former key stays valid: {}", file.path(), e.toString());
      return Failure.of(
          ErrorKind.INTERNAL, "The key file could not be written; the former key stays valid.");
    }
    keys = fresh;
    return null;
  }

  private void write(Map<TokenScope, Held> held) throws IOException {
    Map<TokenScope, KeyFile.Key> shown = new EnumMap<>(TokenScope.class);
    held.forEach((scope, key) -> shown.put(scope, key.key()));
    file.write(shown);
  }

  private boolean matches(@Nullable Held held, @Nullable String authorization) {
    if (held == null || authorization == null) {
      return false;
    }
    Matcher header = BEARER.matcher(authorization);
    if (!header.matches()) {
      return false;
    }
    byte[] given = header.group(1).getBytes(StandardCharsets.UTF_8);
    boolean same = MessageDigest.isEqual(held.key().text().getBytes(StandardCharsets.UTF_8), given);
    Long end = held.endNanos();
    return same && (end == null || clocks.nanoTime().getAsLong() - end < 0);
  }

  private Held expiringKey() {
    KeyFile.Key key = new KeyFile.Key(newKey(), clocks.calendar().instant().plus(life));
    return new Held(key, clocks.nanoTime().getAsLong() + life.toNanos());
  }

  private String newKey() {
    byte[] bytes = new byte[KEY_BYTES];
    random.nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
