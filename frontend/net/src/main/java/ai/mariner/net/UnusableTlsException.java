package ai.mariner.net;

import java.io.IOException;

/** A file of TLS that can't be used; the message names key, file, reason and what was expected. */
public final class UnusableTlsException extends IOException {
  private static final long serialVersionUID = 1L;

  UnusableTlsException(String message) {
    super(message);
  }

  UnusableTlsException(String message, Throwable cause) {
    super(message, cause);
  }

  /** In the form of all messages about a key: {@code key: value (expected: what)}. */
  static UnusableTlsException of(String key, Object value, String reason, String expected) {
    return new UnusableTlsException(
        key + ": " + value + ": " + reason + " (expected: " + expected + ")");
  }
}
