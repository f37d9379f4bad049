package ai.mariner.grpc;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.message.Body;
import ai.mariner.core.message.Reply;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Answers once. The pieces of a handler that streams are put together, up to {@code
 * max_response_size}.
 */
final class UnarySink extends CallSink {
  private final int maxBytes;
  private final List<Reply> pieces = new ArrayList<>(0);
  private long pieceBytes;

  UnarySink(ServerCall<?, Reply> call, String label, boolean exposeErrors, int maxResponseBytes) {
    super(call, label, exposeErrors);
    this.maxBytes = maxResponseBytes;
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
      write(pieces.isEmpty() ? last : joined(last));
      close(Status.OK, trailersOf(last));
    }
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
