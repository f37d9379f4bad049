package ai.mariner.sdk;

import java.util.Objects;
import java.util.Optional;

/** What an {@link Authorizer} says of a call. Immutable. */
public final class Verdict {
  /** What the caller of a refused call sees. */
  private record Refusal(int status, String text) {}

  private static final Verdict ALLOWED = new Verdict(Optional.empty());

  private final Optional<Refusal> refusal;

  private Verdict(Optional<Refusal> refusal) {
    this.refusal = refusal;
  }

  /** The call may go on. */
  public static Verdict allow() {
    return ALLOWED;
  }

  /**
   * The call is refused.
   *
   * @param status HTTP status, 400 to 599; over gRPC the code that goes with it: 401
   *     UNAUTHENTICATED, 403 PERMISSION_DENIED, 404 NOT_FOUND, 429 RESOURCE_EXHAUSTED, 503
   *     UNAVAILABLE …
   * @param text reason for the caller
   * @throws IllegalArgumentException for another status
   */
  public static Verdict refuse(int status, String text) {
    if (status < 400 || status > 599) {
      throw new IllegalArgumentException("status: " + status + " (expected: 400 to 599)");
    }
    return new Verdict(Optional.of(new Refusal(status, Objects.requireNonNull(text, "text"))));
  }

  /** Whether the call may go on. */
  public boolean isAllowed() {
    return refusal.isEmpty();
  }

  /**
   * HTTP status of a refusal.
   *
   * @throws IllegalStateException if the call may go on
   */
  public int status() {
    return refused().status();
  }

  /**
   * Reason of a refusal.
   *
   * @throws IllegalStateException if the call may go on
   */
  public String text() {
    return refused().text();
  }

  private Refusal refused() {
    return refusal.orElseThrow(() -> new IllegalStateException("the call may go on"));
  }
}
