package ai.mariner.core.error;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Why a request did not get an answer.
 *
 * @param kind what went wrong
 * @param message says what, the value, and what was expected; safe to show to a client
 * @param status HTTP status that the handler or an authorizer asked for, only with {@link
 *     ErrorKind#HANDLER_STATUS} and {@link ErrorKind#REFUSED}
 * @param detail cause for operators (exception class and text, exit code, last lines of output);
 *     shown to clients only when the configuration exposes errors
 */
public record Failure(
    ErrorKind kind, String message, @Nullable Integer status, @Nullable String detail) {
  /** Checks that the required parts are there. */
  public Failure {
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(message, "message");
  }

  /** A failure without a status or detail of its own. */
  public static Failure of(ErrorKind kind, String message) {
    return new Failure(kind, message, null, null);
  }

  /** The same failure with a detail for operators. */
  public Failure withDetail(@Nullable String newDetail) {
    return new Failure(kind, message, status, newDetail);
  }

  /** This failure as an exception, for code that throws. */
  public ServeException toException() {
    return new ServeException(this, null);
  }
}
