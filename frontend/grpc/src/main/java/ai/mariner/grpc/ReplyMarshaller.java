package ai.mariner.grpc;

import ai.mariner.core.message.Reply;
import ai.mariner.proto.inference.PredictionResponse;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/**
 * Writes a reply as a {@link PredictionResponse} straight from its body, which is released when
 * gRPC closes the stream. Building the message first would copy the body twice.
 */
final class ReplyMarshaller implements MethodDescriptor.Marshaller<Reply> {
  private final boolean whole;

  /** Makes a writer of replies whose bodies are predictions. */
  ReplyMarshaller() {
    this(false);
  }

  /**
   * Makes a writer.
   *
   * @param whole whether the body is a whole message, to be written as it is
   */
  ReplyMarshaller(boolean whole) {
    this.whole = whole;
  }

  @Override
  public InputStream stream(Reply reply) {
    return new ReplyStream(reply, whole);
  }

  @Override
  public Reply parse(InputStream stream) {
    throw new UnsupportedOperationException("A server reads no replies.");
  }

  private static final class ReplyStream extends InputStream implements KnownLength, Drainable {
    private static final int CHUNK = 8192;

    private final ByteBuffer head;
    private final ByteBuffer bytes;
    private final Reply reply;
    private boolean closed;

    ReplyStream(Reply reply, boolean whole) {
      this.reply = reply;
      this.bytes = reply.body().bytes();
      this.head = bytes.hasRemaining() && !whole ? head(bytes.remaining()) : ByteBuffer.allocate(0);
    }

    private static ByteBuffer head(int size) {
      int tag =
          (PredictionResponse.PREDICTION_FIELD_NUMBER << 3) | WireFormat.WIRETYPE_LENGTH_DELIMITED;
      byte[] head =
          new byte
              [CodedOutputStream.computeUInt32SizeNoTag(tag)
                  + CodedOutputStream.computeUInt32SizeNoTag(size)];
      CodedOutputStream output = CodedOutputStream.newInstance(head);
      try {
        output.writeUInt32NoTag(tag);
        output.writeUInt32NoTag(size);
      } catch (IOException impossible) {
        throw new IllegalStateException("An array of the computed size overflowed.", impossible);
      }
      return ByteBuffer.wrap(head);
    }

    @Override
    public int available() {
      return closed ? 0 : head.remaining() + bytes.remaining();
    }

    @Override
    public int read() {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] target, int offset, int length) {
      if (length == 0) {
        return 0;
      }
      if (available() == 0) {
        return -1;
      }
      ByteBuffer source = head.hasRemaining() ? head : bytes;
      int count = Math.min(length, source.remaining());
      source.get(target, offset, count);
      return count;
    }

    @Override
    public int drainTo(OutputStream target) throws IOException {
      int total = available();
      byte[] chunk = new byte[Math.min(CHUNK, total)];
      int count;
      while ((count = read(chunk, 0, chunk.length)) > 0) {
        target.write(chunk, 0, count);
      }
      return total;
    }

    @Override
    public void close() {
      if (!closed) {
        closed = true;
        reply.body().release();
      }
    }
  }
}
