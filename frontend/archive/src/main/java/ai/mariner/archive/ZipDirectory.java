package ai.mariner.archive;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import org.jspecify.annotations.Nullable;

/**
 * Counts the entries of a zip's central directory before the library reads it as a whole into
 * memory; the count that the archive itself states may be a lie.
 */
final class ZipDirectory {
  private static final int ENTRY_SIGNATURE = 0x02014b50;
  private static final int END_SIGNATURE = 0x06054b50;
  private static final int END64_SIGNATURE = 0x06064b50;
  private static final int LOCATOR64_SIGNATURE = 0x07064b50;
  private static final int ENTRY_BYTES = 46;
  private static final int END_BYTES = 22;
  private static final int END64_BYTES = 56;
  private static final int LOCATOR64_BYTES = 20;
  private static final int MAX_COMMENT_BYTES = 65535;

  private ZipDirectory() {}

  /**
   * Checks the number of entries.
   *
   * @throws IOException when there is no whole central directory, as in a zip that was cut short
   * @throws ai.mariner.core.error.ServeException when there are too many
   */
  static void check(SeekableByteChannel zip, int maxEntries) throws IOException {
    Extent extent = locate(zip);
    DataInputStream in =
        new DataInputStream(new BufferedInputStream(Channels.newInputStream(zip), 64 * 1024));
    zip.position(extent.start());
    byte[] fixed = new byte[ENTRY_BYTES];
    ByteBuffer header = ByteBuffer.wrap(fixed).order(ByteOrder.LITTLE_ENDIAN);
    long left = extent.end() - extent.start();
    for (int entries = 1; left > 0; entries++) {
      if (entries > maxEntries) {
        throw UnpackBudget.tooMany(maxEntries);
      }
      if (left < ENTRY_BYTES) {
        throw new IOException("central directory is cut short");
      }
      in.readFully(fixed);
      int variable = unsigned(header, 28) + unsigned(header, 30) + unsigned(header, 32);
      left -= ENTRY_BYTES + variable;
      if (header.getInt(0) != ENTRY_SIGNATURE || left < 0) {
        throw new IOException("central directory is damaged");
      }
      in.skipNBytes(variable);
    }
  }

  private static Extent locate(SeekableByteChannel zip) throws IOException {
    long size = zip.size();
    int tailBytes = (int) Math.min(size, END_BYTES + MAX_COMMENT_BYTES);
    ByteBuffer tail = read(zip, size - tailBytes, tailBytes);
    for (int at = tailBytes - END_BYTES; at >= 0; at--) {
      if (tail.getInt(at) == END_SIGNATURE) {
        long end = size - tailBytes + at;
        Extent extent = locate64(zip, end);
        if (extent == null) {
          long start = Integer.toUnsignedLong(tail.getInt(at + 16));
          extent = new Extent(start, start + Integer.toUnsignedLong(tail.getInt(at + 12)), end);
        }
        extent.check();
        return extent;
      }
    }
    throw new IOException("no end of central directory");
  }

  private static @Nullable Extent locate64(SeekableByteChannel zip, long end) throws IOException {
    if (end < LOCATOR64_BYTES) {
      return null;
    }
    ByteBuffer locator = read(zip, end - LOCATOR64_BYTES, LOCATOR64_BYTES);
    if (locator.getInt(0) != LOCATOR64_SIGNATURE) {
      return null;
    }
    long end64 = locator.getLong(8);
    if (end64 < 0 || end64 > end - LOCATOR64_BYTES - END64_BYTES) {
      throw new IOException("zip64 end of central directory is misplaced");
    }
    ByteBuffer record = read(zip, end64, END64_BYTES);
    if (record.getInt(0) != END64_SIGNATURE) {
      throw new IOException("no zip64 end of central directory");
    }
    long start = record.getLong(48);
    return new Extent(start, start + record.getLong(40), end64);
  }

  private static ByteBuffer read(SeekableByteChannel zip, long position, int count)
      throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
    zip.position(position);
    while (bytes.hasRemaining()) {
      if (zip.read(bytes) < 0) {
        throw new IOException("file is cut short");
      }
    }
    return bytes.flip();
  }

  private static int unsigned(ByteBuffer buffer, int at) {
    return Short.toUnsignedInt(buffer.getShort(at));
  }

  /** Where the directory lies; it must reach exactly to its end record. */
  private record Extent(long start, long end, long endRecord) {
    void check() throws IOException {
      if (start < 0 || start > end || end != endRecord) {
        throw new IOException("central directory is misplaced");
      }
    }
  }
}
