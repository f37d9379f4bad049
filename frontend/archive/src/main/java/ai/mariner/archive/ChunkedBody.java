package ai.mariner.archive;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;

/** A body in chunks; anything but their proper end is an error. */
final class ChunkedBody extends InputStream {
  private static final int MAX_LINE_BYTES = 4096;

  private final InputStream in;
  private long left;
  private boolean first = true;
  private boolean ended;

  ChunkedBody(InputStream in) {
    this.in = in;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int count) throws IOException {
    if (!ended && left == 0) {
      nextChunk();
    }
    if (ended) {
      return -1;
    }
    int read = in.read(buffer, offset, (int) Math.min(count, left));
    if (read < 0) {
      throw new EOFException("it ended within a chunk");
    }
    left -= read;
    return read;
  }

  private void nextChunk() throws IOException {
    if (!first && !HttpReply.line(in, new int[] {2}).isEmpty()) {
      throw new IOException("a chunk is longer than announced");
    }
    first = false;
    String line = HttpReply.line(in, new int[] {MAX_LINE_BYTES});
    String size = line.replaceFirst(";.*", "").trim();
    if (!size.matches("[0-9A-Fa-f]{1,15}")) {
      throw new IOException("chunk size: " + Refusals.shown(size));
    }
    left = Long.parseLong(size, 16);
    // Trailers are of no interest, and the connection is used only once.
    ended = left == 0;
  }
}
