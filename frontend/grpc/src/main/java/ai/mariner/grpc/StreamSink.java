package ai.mariner.grpc;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.message.Reply;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Answers in pieces, one message each. Pieces for a slow reader wait here, where they can be
 * counted, and not in gRPC, which doesn't tell.
 *
 * <p>Both the core's thread (a new piece) and gRPC's (the client reads again) may have something to
 * write. Whoever comes first writes for both until nothing is left to do; the other only leaves a
 * note in {@link #turns}.
 */
final class StreamSink extends CallSink {
  private final Queue<Reply> waiting = new ConcurrentLinkedQueue<>();
  private final AtomicLong waitingBytes = new AtomicLong();
  private final AtomicInteger turns = new AtomicInteger();
  private volatile @Nullable Close close;
  private volatile @Nullable Runnable readyTask;
  private volatile boolean becameReady;
  // Of the core's thread.
  private boolean pieceSeen;
  // Of whoever has the turn.
  private boolean closed;

  /**
   * How the call ends after the pieces that wait.
   *
   * @param dropsWaiting whether those pieces are given up
   */
  private record Close(Status status, Metadata trailers, boolean dropsWaiting) {}

  StreamSink(ServerCall<?, Reply> call, String label, boolean exposeErrors) {
    super(call, label, exposeErrors);
  }

  @Override
  public void next(Reply piece) {
    if (hasEnded()) {
      piece.body().release();
      return;
    }
    pieceSeen = true;
    offer(piece);
    work();
  }

  @Override
  public void end(Reply last) {
    if (!claimEnd()) {
      last.body().release();
      return;
    }
    Metadata trailers = trailersOf(last);
    if (last.body().size() == 0 && pieceSeen) {
      // It only says that there are no more pieces.
      last.body().release();
    } else {
      offer(last);
    }
    close = new Close(Status.OK, trailers, false);
    work();
  }

  @Override
  public void fail(Failure failure) {
    if (claimEnd()) {
      boolean stalled = failure.kind() == ErrorKind.STREAM_STALLED;
      close = new Close(statusOf(failure), labelled(), stalled);
      work();
    }
  }

  @Override
  void cancelled() {
    super.cancelled();
    work();
  }

  @Override
  void writable() {
    becameReady = true;
    work();
  }

  @Override
  public boolean isReady() {
    return waiting.isEmpty() && callIsReady();
  }

  @Override
  public void onReady(Runnable task) {
    readyTask = task;
    // The reader may have caught up since the caller looked.
    becameReady = true;
    work();
  }

  @Override
  public long bufferedBytes() {
    return waitingBytes.get();
  }

  private void offer(Reply piece) {
    waitingBytes.addAndGet(piece.body().size());
    waiting.add(piece);
  }

  private void work() {
    if (turns.getAndIncrement() != 0) {
      return;
    }
    int seen = 1;
    do {
      turn();
      seen = turns.addAndGet(-seen);
    } while (seen != 0);
  }

  private void turn() {
    // Read first: when it is there, so are all pieces before it.
    Close end = close;
    if (closed || hasLeft() || (end != null && end.dropsWaiting())) {
      releaseWaiting();
    }
    while (!waiting.isEmpty() && (end != null || callIsReady())) {
      write(take());
    }
    if (closed || hasLeft()) {
      return;
    }
    if (end != null) {
      closed = true;
      close(end.status(), end.trailers());
    } else if (becameReady && isReady()) {
      becameReady = false;
      Runnable task = readyTask;
      if (task != null) {
        task.run();
      }
    }
  }

  private Reply take() {
    Reply piece = waiting.remove();
    waitingBytes.addAndGet(-piece.body().size());
    return piece;
  }

  private void releaseWaiting() {
    while (!waiting.isEmpty()) {
      take().body().release();
    }
  }
}
