package ai.mariner.grpc;

import ai.mariner.core.error.Failure;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.Body;
import ai.mariner.core.message.Cancellation;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.Reply;
import ai.mariner.core.message.ResponseSink;
import ai.mariner.proto.openinference.ModelInferRequest;
import ai.mariner.proto.openinference.ModelInferResponse;
import ai.mariner.proto.openinference.ModelStreamInferResponse;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Requests of tensors in one stream, run one after the other and answered in their order. A request
 * that fails is answered with its error, and the stream goes on.
 *
 * <p>gRPC's thread and the pools' loops meet here: what they share is guarded by this object, and
 * nobody else's code is called while it is held.
 */
final class InferStreamCall extends ServerCall.Listener<Received<ModelInferRequest>> {
  private final GrpcContext context;
  private final ServerCall<Received<ModelInferRequest>, Reply> call;
  private final Metadata metadata;
  private final Queue<Reply> waiting = new ArrayDeque<>();
  private long waitingBytes;
  private long chargedBytes;
  private boolean headersSent;
  private boolean halfClosed;
  private boolean closed;
  private @Nullable Turn turn;

  InferStreamCall(
      GrpcContext context, ServerCall<Received<ModelInferRequest>, Reply> call, Metadata metadata) {
    this.context = context;
    this.call = call;
    this.metadata = metadata;
    call.request(1);
  }

  @Override
  public void onMessage(Received<ModelInferRequest> message) {
    ModelInferRequest request = message.request();
    Turn next = new Turn(request == null ? ModelInferRequest.getDefaultInstance() : request);
    synchronized (this) {
      chargedBytes += message.chargedBytes();
      turn = next;
    }
    Failure malformed = message.failure();
    if (malformed != null) {
      next.fail(malformed);
      return;
    }
    try {
      next.submit();
    } catch (ServeException refusal) {
      next.fail(refusal.failure());
    }
  }

  @Override
  public void onHalfClose() {
    synchronized (this) {
      halfClosed = true;
      flush();
    }
  }

  @Override
  public void onReady() {
    Turn now;
    synchronized (this) {
      flush();
      now = turn;
    }
    if (now != null) {
      now.writable();
    }
  }

  @Override
  public void onComplete() {
    refund();
  }

  @Override
  public void onCancel() {
    Turn now;
    synchronized (this) {
      closed = true;
      drop();
      now = turn;
    }
    refund();
    if (now != null) {
      now.cancelled();
    }
  }

  private synchronized void refund() {
    context.budget().release(chargedBytes);
    chargedBytes = 0;
  }

  private synchronized void offer(Reply piece) {
    if (closed) {
      piece.body().release();
      return;
    }
    waitingBytes += piece.body().size();
    waiting.add(piece);
    flush();
  }

  /** The turn's request has been answered. */
  private void ended() {
    synchronized (this) {
      turn = null;
      refund();
      flush();
      if (closed || halfClosed) {
        return;
      }
    }
    call.request(1);
  }

  private synchronized void flush() {
    while (!closed && !waiting.isEmpty() && (call.isReady() || (halfClosed && turn == null))) {
      if (!headersSent) {
        headersSent = true;
        call.sendHeaders(new Metadata());
      }
      Reply piece = waiting.remove();
      waitingBytes -= piece.body().size();
      call.sendMessage(piece);
    }
    if (halfClosed && turn == null && !closed) {
      closed = true;
      if (!headersSent) {
        call.sendHeaders(new Metadata());
      }
      call.close(Status.OK, new Metadata());
    }
  }

  private void drop() {
    waiting.forEach(piece -> piece.body().release());
    waiting.clear();
    waitingBytes = 0;
  }

  /** One request of the stream. */
  private final class Turn implements ResponseSink {
    private final ModelInferRequest request;
    private final InferAnswer answer;
    private final Cancellation cancellation = new Cancellation();
    private volatile @Nullable Runnable readyTask;

    // Of the core's thread.
    private boolean over;
    private boolean pieceSeen;

    Turn(ModelInferRequest request) {
      this.request = request;
      this.answer = InferAnswer.to(request);
    }

    void submit() {
      long id = context.inference().nextRequestId();
      InferenceRequest inference =
          new InferInputs(context, metadata)
              .request(request, id, null, OneRequestCall.timeoutNanos(), true);
      context.inference().submit(inference, this);
    }

    @Override
    public void next(Reply piece) {
      if (over) {
        piece.body().release();
        return;
      }
      pieceSeen = true;
      try {
        offer(answer.written(piece, Turn::framed));
      } catch (ServeException notPossible) {
        fail(notPossible.failure());
        cancellation.tell();
      }
    }

    @Override
    public void end(Reply last) {
      if (over) {
        last.body().release();
        return;
      }
      if (last.body().size() == 0 && pieceSeen) {
        // It only says that there are no more pieces.
        last.body().release();
      } else {
        try {
          offer(answer.written(last, Turn::framed));
        } catch (ServeException notPossible) {
          fail(notPossible.failure());
          return;
        }
      }
      over = true;
      ended();
    }

    @Override
    public void fail(Failure failure) {
      if (over) {
        return;
      }
      over = true;
      Status status = GrpcErrors.status(failure, context.config().exposeErrors());
      String text = status.getDescription();
      byte[] bytes =
          ModelStreamInferResponse.newBuilder()
              .setErrorMessage(text == null ? status.getCode().name() : text)
              .setInferResponse(ModelInferResponse.newBuilder().setId(request.getId()))
              .build()
              .toByteArray();
      offer(new Reply(null, null, null, List.of(), Body.of(bytes)));
      ended();
    }

    private static ModelStreamInferResponse framed(ModelInferResponse response) {
      return ModelStreamInferResponse.newBuilder().setInferResponse(response).build();
    }

    @Override
    public void onCancel(Runnable task) {
      cancellation.onCancel(task);
    }

    void cancelled() {
      cancellation.cancel();
    }

    void writable() {
      Runnable task = readyTask;
      if (task != null && isReady()) {
        task.run();
      }
    }

    @Override
    public boolean isReady() {
      synchronized (InferStreamCall.this) {
        return waiting.isEmpty() && call.isReady();
      }
    }

    @Override
    public void onReady(Runnable task) {
      readyTask = task;
      if (isReady()) {
        task.run();
      }
    }

    @Override
    public long bufferedBytes() {
      synchronized (InferStreamCall.this) {
        return waitingBytes;
      }
    }
  }
}
