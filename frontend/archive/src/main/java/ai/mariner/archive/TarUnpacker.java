package ai.mariner.archive;

import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;
import org.jspecify.annotations.Nullable;

/** Unpacks a tar that is compressed by gzip. */
final class TarUnpacker {
  private static final int OWNER_MAY_EXECUTE = 0100;

  /** What lies between two entries' contents: headers, long names, padding. */
  private static final long MAX_HEADER_BYTES = 1L << 20;

  private TarUnpacker() {}

  /**
   * Unpacks all entries.
   *
   * @throws IOException when the archive is damaged
   * @throws ai.mariner.core.error.ServeException when an entry is refused
   */
  static void unpack(Path archive, UnpackTarget target, UnpackBudget budget) throws IOException {
    try (InputStream file = new BufferedInputStream(Files.newInputStream(archive));
        InputStream inflated =
            GzipCompressorInputStream.builder()
                .setInputStream(file)
                .setDecompressConcatenated(true)
                .get();
        HeaderMeter meter = new HeaderMeter(inflated, budget);
        TarArchiveInputStream tar =
            new TarArchiveInputStream(meter, StandardCharsets.UTF_8.name())) {
      for (TarArchiveEntry entry = next(tar, meter); entry != null; entry = next(tar, meter)) {
        unpack(tar, entry, target);
      }
      // To the very end, for gzip's checksum; the tar's own end may come before.
      meter.startHeaders();
      drain(meter);
    }
  }

  private static @Nullable TarArchiveEntry next(TarArchiveInputStream tar, HeaderMeter meter)
      throws IOException {
    meter.startHeaders();
    TarArchiveEntry entry = tar.getNextEntry();
    meter.endHeaders();
    return entry;
  }

  private static void drain(InputStream in) throws IOException {
    byte[] buffer = new byte[8192];
    while (in.read(buffer) >= 0) {
      // The meter counts.
    }
  }

  private static void unpack(TarArchiveInputStream tar, TarArchiveEntry entry, UnpackTarget target)
      throws IOException {
    EntryPath path = EntryPath.of(entry.getName());
    if (entry.isDirectory()) {
      target.folder(path);
      return;
    }
    checkType(tar, entry, path);
    boolean executable = (entry.getMode() & OWNER_MAY_EXECUTE) != 0;
    target.file(path, tar, executable ? UnpackTarget.Mode.EXECUTABLE : UnpackTarget.Mode.PLAIN);
  }

  private static void checkType(TarArchiveInputStream tar, TarArchiveEntry entry, EntryPath path) {
    String what = null;
    if (entry.isSymbolicLink() || entry.isLink()) {
      what = "is a link";
    } else if (entry.isCharacterDevice() || entry.isBlockDevice() || entry.isFIFO()) {
      what = "is a device or pipe";
    } else if (entry.isSparse() || !tar.canReadEntryData(entry)) {
      what = "is a sparse file";
    } else if (!isPlainFile(entry.getLinkFlag())) {
      what = "has type " + (entry.getLinkFlag() & 0xff);
    }
    if (what != null) {
      throw Refusals.invalid(
          "Archive entry: \""
              + Refusals.shown(path.toString())
              + "\" "
              + what
              + " (expected: files and folders only)");
    }
  }

  private static boolean isPlainFile(byte type) {
    return type == 0 || type == '0' || type == '7';
  }

  /**
   * Bounds what is read between two files, which the library would keep in memory whole (names and
   * attributes of any length); the files themselves are counted where they are written.
   */
  private static final class HeaderMeter extends FilterInputStream {
    private final UnpackBudget budget;
    private boolean inHeaders;
    private long headerBytes;

    HeaderMeter(InputStream in, UnpackBudget budget) {
      super(in);
      this.budget = budget;
    }

    void startHeaders() {
      inHeaders = true;
      headerBytes = 0;
    }

    void endHeaders() {
      inHeaders = false;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      int read = super.read(buffer, offset, length);
      count(read);
      return read;
    }

    @Override
    public long skip(long wanted) throws IOException {
      byte[] buffer = new byte[(int) Math.max(0, Math.min(wanted, 8192))];
      return Math.max(0, read(buffer, 0, buffer.length));
    }

    private void count(int read) {
      if (!inHeaders || read <= 0) {
        return;
      }
      headerBytes += read;
      budget.addBytes(read);
      if (headerBytes > MAX_HEADER_BYTES) {
        throw Refusals.invalid(
            "Archive has a header of more than "
                + MAX_HEADER_BYTES
                + " bytes (expected: names and attributes of files only)");
      }
    }
  }
}
