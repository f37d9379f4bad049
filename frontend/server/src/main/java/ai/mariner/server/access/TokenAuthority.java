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
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.EnumMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets in who has the key of a scope. Keys of inference and management expire and are renewed with
 * the API key, which doesn't. Thread-safe.
 */
public final class TokenAuthority implements AccessPolicy {
  private static final Logger log = LoggerFactory.getLogger(TokenAuthority.class);
  private static final Pattern BEARER = Pattern.compile("^Bearer\\s+(\\S+)$");
  private static final int KEY_BYTES = 24;

  private final KeyFile file;
  private final Duration life;
  private final InstantSource clock;
  private final SecureRandom random;
  private final Failure refusal;
  private final Failure renewalRefusal;

  /** Replaced as a whole; a check never sees half of a renewal. */
  private volatile Map<TokenScope, KeyFile.Key> keys = Map.of();

  private TokenAuthority(KeyFile file, Duration life, InstantSource clock, SecureRandom random) {
    this.file = file;
    this.life = life;
    this.clock = clock;
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
   * @param clock tells the time
   * @param random makes the keys
   * @throws IOException if the file can't be written
   */
  public static TokenAuthority create(
      Path keyFile, Duration life, InstantSource clock, SecureRandom random) throws IOException {
    TokenAuthority authority = new TokenAuthority(new KeyFile(keyFile), life, clock, random);
    Map<TokenScope, KeyFile.Key> fresh = new EnumMap<>(TokenScope.class);
    fresh.put(TokenScope.API, new KeyFile.Key(authority.newKey(), null));
    fresh.put(TokenScope.INFERENCE, authority.expiringKey());
    fresh.put(TokenScope.MANAGEMENT, authority.expiringKey());
    authority.file.write(fresh);
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
    Map<TokenScope, KeyFile.Key> fresh = new EnumMap<>(keys);
    fresh.put(scope, expiringKey());
    try {
      file.write(fresh);
    } catch (IOException e) {
      log.error(
          "{} could not be written; the former key stays valid: {}", file.path(), e.toString());
      return Failure.of(
          ErrorKind.INTERNAL, "The key file could not be written; the former key stays valid.");
    }
    keys = fresh;
    return null;
  }

  private boolean matches(KeyFile.@Nullable Key key, @Nullable String authorization) {
    if (key == null || authorization == null) {
      return false;
    }
    Matcher header = BEARER.matcher(authorization);
    if (!header.matches()) {
      return false;
    }
    byte[] given = header.group(1).getBytes(StandardCharsets.UTF_8);
    boolean same = MessageDigest.isEqual(key.text().getBytes(StandardCharsets.UTF_8), given);
    Instant expires = key.expires();
    return same && (expires == null || clock.instant().isBefore(expires));
  }

  private KeyFile.Key expiringKey() {
    return new KeyFile.Key(newKey(), clock.instant().plus(life));
  }

  private String newKey() {
    byte[] bytes = new byte[KEY_BYTES];
    random.nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
