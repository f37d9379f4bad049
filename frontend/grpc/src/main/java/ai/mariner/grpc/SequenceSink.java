package ai.mariner.grpc;

import ai.mariner.core.error.Failure;
import ai.mariner.core.message.Cancellation;
import ai.mariner.core.message.Reply;
import ai.mariner.core.message.ResponseSink;
import ai.mariner.proto.inference.PredictionResponse;
import com.google.protobuf.ByteString;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** One request of a stream of requests: its pieces and its answer are messages of the stream. */
final class SequenceSink implements ResponseSink {
  private final SequenceCall call;
  private final AtomicBoolean ended = new AtomicBoolean();
  private volatile String sequence;
  private volatile long chargedBytes;
  private final Cancellation cancellation = new Cancellation();
  private volatile @Nullable Runnable readyTask;
  // Of the core's thread.
  private boolean pieceSeen;

  SequenceSink(SequenceCall call, String sequence) {
    this.call = call;
    this.sequence = sequence;
  }

  /** What its message took of the budget, to be given back when it ends. */
  void charged(long bytes) {
    chargedBytes = bytes;
  }

  /** Names its sequence, which its message need not do. */
  void belongsTo(String id) {
    sequence = id;
  }

  @Override
  public void next(Reply piece) {
    pieceSeen = true;
    write(piece);
  }

  @Override
  public void end(Reply last) {
    if (last.body().size() == 0 && pieceSeen) {
      // It only says that there are no more pieces.
      last.body().release();
    } else {
      write(last);
    }
    end();
  }

  @Override
  public void fail(Failure failure) {
    call.write(call.failed(sequence, failure));
    end();
  }

  private void write(Reply piece) {
    try {
      call.write(
          PredictionResponse.newBuilder()
              .setPrediction(ByteString.copyFrom(piece.body().bytes()))
              .setSequenceId(sequence)
              .build());
    } finally {
      piece.body().release();
    }
  }

  private void end() {
    if (ended.compareAndSet(false, true)) {
      call.ended(this, chargedBytes);
    }
  }

  @Override
  public void onCancel(Runnable task) {
    cancellation.onCancel(task);
  }

  /** The client left. */
  void cancelled() {
    cancellation.cancel();
  }

  @Override
  public boolean isReady() {
    return call.isReady();
  }

  @Override
  public void onReady(Runnable task) {
    readyTask = task;
    if (call.isReady()) {
      readable();
    }
  }

  /** The client reads again. */
  void readable() {
    Runnable task = readyTask;
    if (task != null) {
      readyTask = null;
      task.run();
    }
  }

  @Override
  public long bufferedBytes() {
    return call.unreadBytes();
  }
}
