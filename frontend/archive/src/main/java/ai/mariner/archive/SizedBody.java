package ai.mariner.archive;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;

/** A body of known length; its early end is an error. */
final class SizedBody extends InputStream {
  private final InputStream in;
  private final long length;
  private long left;

  SizedBody(InputStream in, long length) {
    this.in = in;
    this.length = length;
    this.left = length;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int count) throws IOException {
    if (left == 0) {
      return -1;
    }
    int read = in.read(buffer, offset, (int) Math.min(count, left));
    if (read < 0) {
      throw new EOFException("it ended after " + (length - left) + " of " + length + " bytes");
    }
    left -= read;
    return read;
  }
}
