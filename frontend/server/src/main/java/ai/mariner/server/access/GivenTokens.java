package ai.mariner.server.access;

import ai.mariner.core.access.AccessPolicy;
import ai.mariner.core.access.TokenScope;
import ai.mariner.core.config.TokenConfig;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets in who has a token that the operator has given. The file is looked at now and then; tokens
 * that are not in it any more stay good for a while, so that clients can change over. Thread-safe.
 */
public final class GivenTokens implements AccessPolicy {
  private static final Logger log = LoggerFactory.getLogger(GivenTokens.class);
  private static final Failure REFUSAL =
      Failure.of(
          ErrorKind.UNAUTHENTICATED,
          "Token Authorization failed. Token either incorrect, expired, or not provided correctly."
              + " Send the server's token as `Authorization: Bearer TOKEN`.");
  private static final Failure NOT_RENEWED =
      Failure.of(
          ErrorKind.ROUTE_NOT_FOUND,
          "The server makes no tokens, its operator gives them (token_file, inference_token,"
              + " management_token).");

  private final TokenConfig config;
  private final LongSupplier nanoTime;
  private volatile Map<TokenScope, List<Held>> held;
  private String taken;
  private String seen;

  /** A token with its end on the monotonic clock; absent: it has none. */
  private record Held(String token, @Nullable Long endNanos) {}

  /**
   * Reads the tokens.
   *
   * @param config where they are
   * @param nanoTime monotonic clock
   * @throws IOException as {@link TokenFile#tokens} does
   */
  public GivenTokens(TokenConfig config, LongSupplier nanoTime) throws IOException {
    this.config = config;
    this.nanoTime = nanoTime;
    this.taken = stamp();
    this.seen = taken;
    this.held = merged(TokenFile.tokens(config), Map.of());
  }

  @Override
  public @Nullable Failure check(TokenScope scope, @Nullable String authorization) {
    boolean good = false;
    for (Held one : held.getOrDefault(scope, List.of())) {
      Long end = one.endNanos;
      // Compared first, so that the time does not tell which tokens are alive.
      boolean same = BearerToken.matches(one.token, authorization);
      good |= same && (end == null || nanoTime.getAsLong() - end < 0);
    }
    return good ? null : REFUSAL;
  }

  @Override
  public @Nullable Failure rotate(TokenScope scope, @Nullable String authorization) {
    return NOT_RENEWED;
  }

  /** Takes the file again once it has changed and was the same at two looks. */
  public synchronized void look() {
    String now = stamp();
    boolean atRest = now.equals(seen);
    seen = now;
    if (!atRest || now.equals(taken)) {
      return;
    }
    taken = now;
    try {
      held = merged(TokenFile.tokens(config), held);
      log.info("the changed tokens of {} are in force", config.file());
    } catch (IOException e) {
      log.error("the former tokens stay in force: {}", e.getMessage());
    }
  }

  private Map<TokenScope, List<Held>> merged(
      Map<TokenScope, List<String>> fresh, Map<TokenScope, List<Held>> former) {
    long now = nanoTime.getAsLong();
    Long graceEnd = now + config.rotationGrace().toNanos();
    Map<TokenScope, List<Held>> all = new EnumMap<>(TokenScope.class);
    fresh.forEach(
        (scope, tokens) -> {
          List<Held> list = new ArrayList<>();
          tokens.forEach(token -> list.add(new Held(token, null)));
          for (Held old : former.getOrDefault(scope, List.of())) {
            Long end = old.endNanos;
            boolean over = end != null && now - end >= 0;
            if (!over && !tokens.contains(old.token)) {
              list.add(new Held(old.token, end == null ? graceEnd : end));
            }
          }
          all.put(scope, List.copyOf(list));
        });
    return all;
  }

  private String stamp() {
    Path file = config.file();
    if (file == null) {
      return "";
    }
    try {
      BasicFileAttributes facts = Files.readAttributes(file, BasicFileAttributes.class);
      return facts.lastModifiedTime() + " " + facts.size() + " " + facts.fileKey();
    } catch (IOException e) {
      return "absent";
    }
  }
}
