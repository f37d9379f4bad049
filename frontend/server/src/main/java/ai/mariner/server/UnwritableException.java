package ai.mariner.server;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Something that a start needs could not be written; the message names the mend. */
final class UnwritableException extends IOException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes it.
   *
   * @param what what the file or folder is for
   * @param path the file or folder
   * @param expected what would let the start go on
   */
  UnwritableException(String what, Path path, String expected, IOException cause) {
    super(what + " " + path + " can't be made: " + reason(cause) + " (expected: " + expected + ")");
    initCause(cause);
  }

  private static String reason(IOException cause) {
    if (cause instanceof NoSuchFileException) {
      return "there is no folder to make it in";
    }
    if (cause instanceof AccessDeniedException) {
      return "Permission denied";
    }
    String words =
        cause instanceof FileSystemException failed ? failed.getReason() : cause.getMessage();
    return words == null ? cause.toString() : words;
  }
}
