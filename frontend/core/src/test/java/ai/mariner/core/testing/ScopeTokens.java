package ai.mariner.core.testing;

import ai.mariner.core.access.AccessPolicy;
import ai.mariner.core.access.TokenScope;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import org.jspecify.annotations.Nullable;

/** A token for each scope: its name. That of {@link TokenScope#API} renews the others. */
public final class ScopeTokens implements AccessPolicy {
  /** The value of {@code Authorization} that a scope lets in. */
  public static String bearer(TokenScope scope) {
    return "Bearer " + scope;
  }

  @Override
  public @Nullable Failure check(TokenScope scope, @Nullable String authorization) {
    return bearer(scope).equals(authorization)
        ? null
        : Failure.of(ErrorKind.UNAUTHENTICATED, "no token");
  }

  @Override
  public @Nullable Failure rotate(TokenScope scope, @Nullable String authorization) {
    return check(TokenScope.API, authorization);
  }
}
