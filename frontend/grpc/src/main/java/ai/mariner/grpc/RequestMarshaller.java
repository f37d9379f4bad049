package ai.mariner.grpc;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.message.InflightBudget;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;

/**
 * Reads requests with a single copy: the message is read into one array, and its bytes fields are
 * views of that array. gRPC's own reader copies each of them once more.
 */
final class RequestMarshaller<T extends MessageLite>
    implements MethodDescriptor.Marshaller<Received<T>> {
  private final InflightBudget budget;
  private final Parser<? extends T> parser;
  private final String name;

  /**
   * Makes a reader.
   *
   * @param budget what messages are charged to before they are read
   * @param parser reads a message
   * @param name the message's name
   */
  RequestMarshaller(InflightBudget budget, Parser<? extends T> parser, String name) {
    this.budget = budget;
    this.parser = parser;
    this.name = name;
  }

  @Override
  public InputStream stream(Received<T> value) {
    throw new UnsupportedOperationException("A server writes no requests.");
  }

  @Override
  public Received<T> parse(InputStream stream) {
    long size = 0;
    try {
      // A compressed message tells its size only when it has been read.
      byte[] read = stream instanceof KnownLength ? null : stream.readAllBytes();
      size = read == null ? stream.available() : read.length;
      if (!budget.tryAcquire(size)) {
        return new Received<>(null, budget.refusal(), 0);
      }
      // Nobody else ever sees the array, so wrapping it is safe and lets the parser alias it.
      ByteString message =
          UnsafeByteOperations.unsafeWrap(read == null ? readFully(stream, (int) size) : read);
      CodedInputStream input = message.newCodedInput();
      input.enableAliasing(true);
      T request = parser.parseFrom(input);
      input.checkLastTagWas(0);
      return new Received<>(request, null, size);
    } catch (IOException malformed) {
      return new Received<>(
          null,
          Failure.of(
              ErrorKind.BAD_REQUEST,
              "The message is not a " + name + ": " + malformed.getMessage()),
          size);
    }
  }

  private static byte[] readFully(InputStream stream, int size) throws IOException {
    byte[] message = new byte[size];
    if (stream.readNBytes(message, 0, message.length) < message.length) {
      throw new EOFException("it ends early");
    }
    return message;
  }
}
