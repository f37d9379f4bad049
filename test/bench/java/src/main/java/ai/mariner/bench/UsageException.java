package ai.mariner.bench;

/** A command line, or what it points at, is wrong; the message is for the person who wrote it. */
public final class UsageException extends RuntimeException {
  /** Takes a message that says what, the value, and what was expected. */
  public UsageException(String message) {
    super(message);
  }
}
