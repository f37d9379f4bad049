package ai.mariner.plugins;

import ai.mariner.core.message.Body;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;

/**
 * A request's body as a stream, without a copy. Good until it is ended, since its memory is given
 * back then; a plugin that keeps it gets an error.
 */
final class BodyStream extends InputStream {
  private final ArrayDeque<ByteBuffer> pieces;
  private boolean ended;

  BodyStream(Body body) {
    this.pieces = new ArrayDeque<>(body.pieces());
  }

  @Override
  public synchronized int read() throws IOException {
    ByteBuffer piece = piece();
    return piece == null ? -1 : piece.get() & 0xff;
  }

  @Override
  public synchronized int read(byte[] into, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    ByteBuffer piece = piece();
    if (piece == null) {
      return -1;
    }
    int count = Math.min(length, piece.remaining());
    piece.get(into, offset, count);
    return count;
  }

  @Override
  public synchronized int available() throws IOException {
    ByteBuffer piece = piece();
    return piece == null ? 0 : piece.remaining();
  }

  private @org.jspecify.annotations.Nullable ByteBuffer piece() throws IOException {
    if (ended) {
      throw new IOException("the request is over; its body can't be read any more");
    }
    while (!pieces.isEmpty() && !pieces.peek().hasRemaining()) {
      pieces.poll();
    }
    return pieces.peek();
  }

  /** Nothing is read from it any more. */
  synchronized void end() {
    ended = true;
    pieces.clear();
  }
}
