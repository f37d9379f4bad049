package ai.mariner.archive;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;

/**
 * A socket whose reads all end by one deadline, however slowly the other side drips. TLS on top of
 * it reads through the same stream, so its handshake ends in time too.
 */
final class TimedSocket extends Socket {
  private final Deadline deadline;

  TimedSocket(Deadline deadline) {
    this.deadline = deadline;
  }

  @Override
  public InputStream getInputStream() throws IOException {
    return new FilterInputStream(super.getInputStream()) {
      @Override
      public int read() throws IOException {
        setSoTimeout(deadline.remainingMillis());
        return super.read();
      }

      @Override
      public int read(byte[] buffer, int offset, int length) throws IOException {
        setSoTimeout(deadline.remainingMillis());
        return super.read(buffer, offset, length);
      }
    };
  }
}
