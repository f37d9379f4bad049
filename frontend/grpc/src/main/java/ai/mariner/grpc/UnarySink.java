package ai.mariner.grpc;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.Body;
import ai.mariner.core.message.Reply;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Answers once. The pieces of a handler that streams are put together, up to {@code
 * max_response_size}.
 */
final class UnarySink extends CallSink {
  private final int maxBytes;
  private final UnaryOperator<Reply> encoding;
  private final List<Reply> pieces = new ArrayList<>(0);
  private long pieceBytes;

  UnarySink(ServerCall<?, Reply> call, String label, boolean exposeErrors, int maxResponseBytes) {
    this(call, label, exposeErrors, maxResponseBytes, UnaryOperator.identity());
  }

  /**
   * Makes a sink.
   *
   * @param encoding makes what is sent of the whole answer, whose body it takes over; throws a
   *     {@link ServeException} if that can't be done
   */
  UnarySink(
      ServerCall<?, Reply> call,
      String label,
      boolean exposeErrors,
      int maxResponseBytes,
      UnaryOperator<Reply> encoding) {
    super(call, label, exposeErrors);
    this.maxBytes = maxResponseBytes;
    this.encoding = encoding;
  }

  @Override
  public void next(Reply piece) {
    if (hasEnded() || hasLeft()) {
      piece.body().release();
      return;
    }
    pieces.add(piece);
    pieceBytes += piece.body().size();
    if (pieceBytes > maxBytes) {
      fail(tooLarge());
      tellCore();
    }
  }

  @Override
  public void end(Reply last) {
    if (hasEnded() || hasLeft()) {
      last.body().release();
      fail(Failure.of(ErrorKind.CANCELLED, "The client left."));
      return;
    }
    if (!pieces.isEmpty()) {
      pieces.add(last);
      pieceBytes += last.body().size();
      if (pieceBytes > maxBytes) {
        fail(tooLarge());
        return;
      }
    }
    if (claimEnd()) {
      answer(pieces.isEmpty() ? last : joined(last));
    }
  }

  private void answer(Reply whole) {
    Reply encoded;
    try {
      encoded = encoding.apply(whole);
    } catch (ServeException notPossible) {
      close(statusOf(notPossible.failure()), labelled());
      return;
    }
    write(encoded);
    close(Status.OK, trailersOf(whole));
  }

  private Failure tooLarge() {
    return Failure.of(
        ErrorKind.REPLY_TOO_LARGE,
        "The pieces of the answer have "
            + pieceBytes
            + " bytes together (expected: at most max_response_size, "
            + maxBytes
            + "; StreamPredictions has no such bound).");
  }

  @Override
  public void fail(Failure failure) {
    if (!claimEnd()) {
      return;
    }
    releasePieces();
    if (!hasLeft()) {
      close(statusOf(failure), labelled());
    }
  }

  @Override
  public boolean isReady() {
    return true;
  }

  @Override
  public void onReady(Runnable task) {
    // Always ready.
  }

  @Override
  public long bufferedBytes() {
    // Pieces wait for the end of the answer, not for the client.
    return 0;
  }

  private Reply joined(Reply last) {
    ByteBuffer whole = ByteBuffer.allocate((int) pieceBytes);
    for (Reply piece : pieces) {
      whole.put(piece.body().bytes());
    }
    releasePieces();
    return new Reply(
        last.status(), last.reason(), last.contentType(), last.headers(), Body.of(whole.array()));
  }

  private void releasePieces() {
    pieces.forEach(piece -> piece.body().release());
    pieces.clear();
  }
}
