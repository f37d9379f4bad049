package ai.mariner.archive;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
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
    StringBuilder out = new StringBuilder();
    text.codePoints().limit(SHOWN_CHARS).forEach(c -> append(out, c));
    return text.codePointCount(0, text.length()) > SHOWN_CHARS ? out + "..." : out.toString();
  }

  private static void append(StringBuilder out, int codePoint) {
    switch (Character.getType(codePoint)) {
      // Besides controls: marks that turn the direction of text, and halves of characters.
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          out.append(String.format("\\u%04x", codePoint));
      default -> out.appendCodePoint(codePoint);
    }
  }
}
