package ai.mariner.archive;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.error.ForeignText;
import ai.mariner.core.error.ServeException;

/** The failures of this package, and how foreign text is shown in them. */
final class Refusals {
  private static final int SHOWN_CHARS = 200;

  private Refusals() {}

  static ServeException invalid(String message) {
    return new ServeException(ErrorKind.ARCHIVE_INVALID, message);
  }

  static ServeException invalid(String message, Throwable cause) {
    return because(ErrorKind.ARCHIVE_INVALID, message, cause);
  }

  static ServeException notFound(String message) {
    return new ServeException(ErrorKind.ARCHIVE_NOT_FOUND, message);
  }

  static ServeException notAllowed(String message) {
    return new ServeException(ErrorKind.URL_NOT_ALLOWED, message);
  }

  static ServeException downloadFailed(String message) {
    return new ServeException(ErrorKind.DOWNLOAD_FAILED, message);
  }

  static ServeException downloadFailed(String message, Throwable cause) {
    return because(ErrorKind.DOWNLOAD_FAILED, message, cause);
  }

  static ServeException conflict(String message) {
    return new ServeException(ErrorKind.CONFLICT, message);
  }

  /** The server's own disk failed, not the archive. */
  static ServeException unwritable(String message, Throwable cause) {
    return because(ErrorKind.INTERNAL, message, cause);
  }

  private static ServeException because(ErrorKind kind, String message, Throwable cause) {
    return new ServeException(Failure.of(kind, message).withDetail(cause.toString()), cause);
  }

  /** Foreign text for a message: one line, not too long. */
  static String shown(String text) {
    return ForeignText.shown(text, SHOWN_CHARS);
  }
}
