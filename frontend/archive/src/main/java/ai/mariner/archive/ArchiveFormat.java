package ai.mariner.archive;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Packings of an archive, told apart by their first bytes; file names often lie. */
enum ArchiveFormat {
  /** Zip, compressed or stored: {@code .mar}, {@code .model}. */
  ZIP,
  /** Tar compressed by gzip: {@code .tar.gz}, {@code .tgz}. */
  TAR_GZ;

  /**
   * The packing of a file.
   *
   * @throws ai.mariner.core.error.ServeException when it has none of them, or can't be read
   */
  static ArchiveFormat of(Path file) {
    byte[] start;
    try (InputStream in = Files.newInputStream(file)) {
      start = in.readNBytes(4);
    } catch (IOException e) {
      throw Refusals.invalid("Archive can't be read (expected: a readable file).", e);
    }
    // An empty zip begins with its end record and is refused later for having no files.
    if (startsWith(start, 'P', 'K', 3, 4) || startsWith(start, 'P', 'K', 5, 6)) {
      return ZIP;
    }
    if (startsWith(start, 0x1f, 0x8b)) {
      return TAR_GZ;
    }
    throw Refusals.invalid(
        "Archive is neither a zip nor a gzip-compressed tar (expected: .mar or .tar.gz"
            + " as the archiver makes them, or a model that needs no handler, by its ending: "
            + ModelKinds.endings()
            + "; the file may be cut short or something else).");
  }

  private static boolean startsWith(byte[] bytes, int... wanted) {
    if (bytes.length < wanted.length) {
      return false;
    }
    for (int i = 0; i < wanted.length; i++) {
      if ((bytes[i] & 0xff) != wanted[i]) {
        return false;
      }
    }
    return true;
  }
}
