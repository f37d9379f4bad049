package ai.mariner.grpc;

import ai.mariner.core.error.Failure;
import ai.mariner.core.message.Cancellation;
import ai.mariner.core.message.Reply;
import ai.mariner.core.message.ResponseSink;
import java.io.ByteArrayOutputStream;
import java.util.concurrent.CompletableFuture;

/** Gathers an answer into one array, for calls that need it as a whole. */
final class CollectingSink implements ResponseSink {
  private final ByteArrayOutputStream collected = new ByteArrayOutputStream();
  private final CompletableFuture<byte[]> answer = new CompletableFuture<>();
  private final Cancellation cancellation = new Cancellation();

  /** Completes with the answer, or fails with a {@link ai.mariner.core.error.ServeException}. */
  CompletableFuture<byte[]> answer() {
    return answer;
  }

  /** Makes the core stop. */
  void cancel() {
    cancellation.cancel();
  }

  @Override
  public void next(Reply piece) {
    try {
      byte[] bytes = new byte[piece.body().size()];
      piece.body().bytes().get(bytes);
      collected.write(bytes, 0, bytes.length);
    } finally {
      piece.body().release();
    }
  }

  @Override
  public void end(Reply last) {
    next(last);
    answer.complete(collected.toByteArray());
  }

  @Override
  public void fail(Failure failure) {
    answer.completeExceptionally(failure.toException());
  }

  @Override
  public void onCancel(Runnable task) {
    cancellation.onCancel(task);
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
    return 0;
  }
}
