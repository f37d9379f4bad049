package ai.mariner.archive;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads the small text files of an archive. */
final class SmallFile {
  static final int MAX_BYTES = 1 << 20;

  private SmallFile() {}

  /**
   * Text of a file in UTF-8, the worker's own encoding for it.
   *
   * @param file file
   * @param label its name in messages
   * @throws ai.mariner.core.error.ServeException when it is too large, not UTF-8, or unreadable
   */
  static String text(Path file, String label) {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(MAX_BYTES + 1);
    } catch (IOException e) {
      throw Refusals.invalid(label + " can't be read (expected: a readable file)", e);
    }
    if (bytes.length > MAX_BYTES) {
      throw Refusals.invalid(
          label + ": more than " + MAX_BYTES + " bytes (expected: at most that)");
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw Refusals.invalid(label + ": not UTF-8 (expected: UTF-8 text)", e);
    }
  }
}
