package ai.mariner.core.access;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import org.jspecify.annotations.Nullable;

/** Decides who may call. Thread-safe. */
public interface AccessPolicy {
  /**
   * Checks a call.
   *
   * @param scope what the call belongs to
   * @param authorization value of the {@code Authorization} header or metadata entry, if any
   * @return why the call is refused, or {@code null} when it may go on
   */
  @Nullable Failure check(TokenScope scope, @Nullable String authorization);

  /**
   * Makes a new key for a scope, given a valid API key.
   *
   * @param scope {@link TokenScope#INFERENCE} or {@link TokenScope#MANAGEMENT}
   * @param authorization header with the API key
   * @return why the call is refused, or {@code null} when the key file holds a new key
   */
  @Nullable Failure rotate(TokenScope scope, @Nullable String authorization);

  /** Lets everybody in. */
  AccessPolicy OPEN =
      new AccessPolicy() {
        @Override
        public @Nullable Failure check(TokenScope scope, @Nullable String authorization) {
          return null;
        }

        @Override
        public @Nullable Failure rotate(TokenScope scope, @Nullable String authorization) {
          return Failure.of(
              ErrorKind.ROUTE_NOT_FOUND,
              "Token authorization is switched off; there is no key to renew.");
        }
      };
}
