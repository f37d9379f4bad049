package ai.mariner.archive;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/** Stops a download that is larger than permitted. */
final class CappedOutput extends FilterOutputStream {
  private final long maxBytes;
  private final String address;
  private long written;

  CappedOutput(OutputStream out, long maxBytes, String address) {
    super(out);
    this.maxBytes = maxBytes;
    this.address = address;
  }

  /**
   * Refuses a size.
   *
   * @throws ai.mariner.core.error.ServeException when it is above the limit
   */
  static void check(long bytes, long maxBytes, String address) {
    if (bytes > maxBytes) {
      throw Refusals.downloadFailed(
          address + ": too large (expected: at most " + maxBytes + " bytes, max_download_size)");
    }
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] buffer, int offset, int count) throws IOException {
    written += count;
    check(written, maxBytes, address);
    out.write(buffer, offset, count);
  }
}
