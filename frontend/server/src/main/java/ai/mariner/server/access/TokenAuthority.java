package ai.mariner.server.access;

import ai.mariner.core.access.AccessPolicy;
import ai.mariner.core.access.TokenScope;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
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
  private static final int KEY_BYTES = 24;

  /** Nanoseconds have no room for more than 292 years. */
  private static final Duration LONGEST_LIFE = Duration.ofDays(36_500);

  private final KeyFile file;
  private final Duration life;
  private final Duration grace;
  private final Clocks clocks;
  private final SecureRandom random;
  private final Failure refusal;
  private final Failure renewalRefusal;

  /** Replaced as a whole; a check never sees half of a renewal. */
  private volatile Map<TokenScope, List<Held>> keys = Map.of();

  /**
   * Where the time comes from.
   *
   * @param calendar what the key file tells its readers
   * @param nanoTime monotonic clock, by which keys end
   */
  public record Clocks(InstantSource calendar, LongSupplier nanoTime) {}

  /**
   * How long keys are valid.
   *
   * @param whole from their making
   * @param grace from the making of their successor; zero: they end with it
   */
  public record Life(Duration whole, Duration grace) {}

  /** A key with its end on the monotonic clock; absent: it has none. */
  private record Held(KeyFile.Key key, @Nullable Long endNanos) {}

  private TokenAuthority(KeyFile file, Life life, Clocks clocks, SecureRandom random) {
    this.file = file;
    this.life = life.whole().compareTo(LONGEST_LIFE) < 0 ? life.whole() : LONGEST_LIFE;
    this.grace = life.grace();
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
  public static TokenAuthority create(Path keyFile, Life life, Clocks clocks, SecureRandom random)
      throws IOException {
    TokenAuthority authority = new TokenAuthority(new KeyFile(keyFile), life, clocks, random);
    Map<TokenScope, List<Held>> fresh = new EnumMap<>(TokenScope.class);
    fresh.put(TokenScope.API, List.of(new Held(new KeyFile.Key(authority.newKey(), null), null)));
    fresh.put(TokenScope.INFERENCE, List.of(authority.expiringKey()));
    fresh.put(TokenScope.MANAGEMENT, List.of(authority.expiringKey()));
    authority.write(fresh);
    authority.keys = fresh;
    return authority;
  }

  @Override
  public @Nullable Failure check(TokenScope scope, @Nullable String authorization) {
    return matches(scope, authorization) ? null : refusal;
  }

  @Override
  public @Nullable Failure rotate(TokenScope scope, @Nullable String authorization) {
    if (!matches(TokenScope.API, authorization)) {
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
    Map<TokenScope, List<Held>> fresh = new EnumMap<>(keys);
    fresh.put(scope, renewed(keys.getOrDefault(scope, List.of())));
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

  /** A new key, and for their grace those that clients still have. */
  private List<Held> renewed(List<Held> former) {
    List<Held> all = new ArrayList<>();
    all.add(expiringKey());
    long graceEnd = clocks.nanoTime().getAsLong() + grace.toNanos();
    for (Held held : former) {
      Long end = held.endNanos();
      if (!grace.isZero() && end != null && isAlive(held)) {
        all.add(new Held(held.key(), end - graceEnd < 0 ? end : graceEnd));
      }
    }
    return List.copyOf(all);
  }

  private void write(Map<TokenScope, List<Held>> held) throws IOException {
    Map<TokenScope, KeyFile.Key> shown = new EnumMap<>(TokenScope.class);
    held.forEach((scope, keys) -> shown.put(scope, keys.get(0).key()));
    file.write(shown);
  }

  private boolean matches(TokenScope scope, @Nullable String authorization) {
    boolean good = false;
    for (Held held : keys.getOrDefault(scope, List.of())) {
      // Compared first, so that the time does not tell which keys are alive.
      boolean same = BearerToken.matches(held.key().text(), authorization);
      good |= same && isAlive(held);
    }
    return good;
  }

  private boolean isAlive(Held held) {
    Long end = held.endNanos();
    return end == null || clocks.nanoTime().getAsLong() - end < 0;
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
