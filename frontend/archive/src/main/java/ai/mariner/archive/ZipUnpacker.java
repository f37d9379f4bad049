package ai.mariner.archive;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;

/** Unpacks a zip by its central directory. */
final class ZipUnpacker {
  private static final int TYPE_MASK = 0170000;
  private static final int TYPE_FILE = 0100000;
  private static final int TYPE_FOLDER = 0040000;
  private static final int OWNER_MAY_EXECUTE = 0100;

  private ZipUnpacker() {}

  /**
   * Unpacks all entries.
   *
   * @throws IOException when the zip is damaged
   * @throws ai.mariner.core.error.ServeException when an entry is refused
   */
  static void unpack(Path archive, UnpackTarget target, UnpackBudget budget) throws IOException {
    try (SeekableByteChannel channel = Files.newByteChannel(archive)) {
      ZipDirectory.check(channel, budget.maxEntries());
      channel.position(0);
      try (ZipFile zip = ZipFile.builder().setSeekableByteChannel(channel).get()) {
        Enumeration<ZipArchiveEntry> entries = zip.getEntries();
        while (entries.hasMoreElements()) {
          unpack(zip, entries.nextElement(), target);
        }
      }
    }
  }

  private static void unpack(ZipFile zip, ZipArchiveEntry entry, UnpackTarget target)
      throws IOException {
    EntryPath path = EntryPath.of(entry.getName());
    checkType(entry, path);
    if (entry.isDirectory()) {
      target.folder(path);
      return;
    }
    if (entry.getGeneralPurposeBit().usesEncryption()) {
      throw refused(path, "is encrypted", "no encryption");
    }
    if (!zip.canReadEntryData(entry)) {
      throw refused(path, "has compression method " + entry.getMethod(), "stored or deflated");
    }
    boolean executable = (entry.getUnixMode() & OWNER_MAY_EXECUTE) != 0;
    CRC32 sum = new CRC32();
    try (InputStream raw = zip.getInputStream(entry)) {
      InputStream content = new CheckedInputStream(raw, sum);
      target.file(
          path, content, executable ? UnpackTarget.Mode.EXECUTABLE : UnpackTarget.Mode.PLAIN);
    }
    if (sum.getValue() != entry.getCrc()) {
      throw refused(path, "is damaged: its checksum differs", "an intact archive");
    }
  }

  private static void checkType(ZipArchiveEntry entry, EntryPath path) {
    int type = entry.getUnixMode() & TYPE_MASK;
    if (entry.isUnixSymlink()) {
      throw refused(path, "is a link", "files and folders only");
    }
    if (type != 0 && type != TYPE_FILE && type != TYPE_FOLDER) {
      throw refused(path, "is a device, pipe or socket", "files and folders only");
    }
  }

  private static RuntimeException refused(EntryPath path, String what, String expected) {
    return Refusals.invalid(
        "Archive entry: \""
            + Refusals.shown(path.toString())
            + "\" "
            + what
            + " (expected: "
            + expected
            + ")");
  }
}
