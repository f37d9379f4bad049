package ai.mariner.worker.install;

/** Why packages could not be installed, in words for whoever registers the model. */
final class InstallException extends Exception {
  private static final long serialVersionUID = 1L;

  InstallException(String message) {
    super(message);
  }

  InstallException(String message, Throwable cause) {
    super(message, cause);
  }

  /** The words. */
  String reason() {
    String message = getMessage();
    return message == null ? toString() : message;
  }
}
