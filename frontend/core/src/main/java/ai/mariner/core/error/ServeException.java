package ai.mariner.core.error;

import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** A {@link Failure} on its way up the stack. */
public final class ServeException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Failure failure;

  /**
   * Wraps a failure.
   *
   * @param failure what to tell the client
   * @param cause what led to it, for the log
   */
  public ServeException(Failure failure, @Nullable Throwable cause) {
    super(failure.message(), cause);
    this.failure = failure;
  }

  /** A new failure of the kind. */
  public ServeException(ErrorKind kind, String message) {
    this(Failure.of(kind, message), null);
  }

  /** What to tell the client. */
  public Failure failure() {
    return failure;
  }

  /**
   * The failure that an exception stands for: its own if it is a {@link ServeException}, else an
   * internal fault.
   *
   * @param thrown any exception, wrapped in completion exceptions or not
   */
  public static Failure failureOf(Throwable thrown) {
    Throwable cause = thrown;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof ServeException serve) {
      return serve.failure();
    }
    return Failure.of(ErrorKind.INTERNAL, "Internal error of the server; its log has the details.")
        .withDetail(cause.toString());
  }
}
