package ai.mariner.worker.wire;

/** Bytes that are not frames of this protocol; the connection can't go on. */
public final class WireException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Says what is wrong, the value, and what was expected. */
  public WireException(String message) {
    super(message);
  }
}
