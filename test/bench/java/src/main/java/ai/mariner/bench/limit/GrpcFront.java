package ai.mariner.bench.limit;

import ai.mariner.proto.inference.InferenceAPIsServiceGrpc;
import ai.mariner.proto.inference.PredictionResponse;
import ai.mariner.proto.inference.PredictionsRequest;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;

/** TorchServe's Predictions call, straight to the link and back. */
final class GrpcFront extends InferenceAPIsServiceGrpc.InferenceAPIsServiceImplBase {
  private final PythonLink link;
  private final EventLoop linkLoop;

  /**
   * Makes the service.
   *
   * @param link takes the requests
   * @param linkLoop the loop that the link belongs to
   */
  GrpcFront(PythonLink link, EventLoop linkLoop) {
    this.link = link;
    this.linkLoop = linkLoop;
  }

  @Override
  public void predictions(PredictionsRequest request, StreamObserver<PredictionResponse> answers) {
    // Without this the answer to a call that its client has left is an exception on the link's
    // loop.
    ((ServerCallStreamObserver<PredictionResponse>) answers).setOnCancelHandler(() -> {});
    ByteString input = request.getInputMap().values().stream().findFirst().orElse(ByteString.EMPTY);
    Exchange exchange = new Answer(answers, Unpooled.wrappedBuffer(input.asReadOnlyByteBuffer()));
    if (linkLoop.inEventLoop()) {
      link.submit(exchange);
    } else {
      linkLoop.execute(() -> link.submit(exchange));
    }
  }

  /** Gathers an answer, which a message needs as a whole. */
  private static final class Answer implements Exchange {
    private final StreamObserver<PredictionResponse> answers;
    private final ByteBuf body;
    private byte[] whole = new byte[0];
    private int filled;
    private boolean ended;

    Answer(StreamObserver<PredictionResponse> answers, ByteBuf body) {
      this.answers = answers;
      this.body = body;
    }

    @Override
    public ByteBuf body() {
      return body;
    }

    @Override
    public void begin(int length) {
      whole = new byte[length];
    }

    @Override
    public void piece(ByteBuf bytes) {
      int size = bytes.readableBytes();
      bytes.readBytes(whole, filled, size).release();
      filled += size;
    }

    @Override
    public void lost() {
      answers.onError(Status.UNAVAILABLE.withDescription("the Python loop has gone").asException());
    }

    @Override
    public void flush() {
      if (filled < whole.length || ended) {
        return;
      }
      ended = true;
      answers.onNext(
          PredictionResponse.newBuilder()
              .setPrediction(UnsafeByteOperations.unsafeWrap(whole))
              .build());
      answers.onCompleted();
    }
  }
}
