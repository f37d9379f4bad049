package ai.mariner.grpc;

import ai.mariner.core.error.Failure;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.InputPart;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.message.Sequence;
import ai.mariner.proto.inference.PredictionResponse;
import ai.mariner.proto.inference.PredictionsRequest;
import com.google.protobuf.Any;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * A stream of requests to stateful models: each message is a request of its sequence, each answer
 * names the sequence that it belongs to. A request that fails is answered with a status in the
 * stream, which goes on. Once the client has ended its side, the call ends with the last answer.
 *
 * <p>Answers come on the loops of the models' pools, so the call is written to under a lock.
 */
final class SequenceCall extends ServerCall.Listener<Received<PredictionsRequest>> {
  private final GrpcContext context;
  private final ServerCall<Received<PredictionsRequest>, PredictionResponse> call;
  private final Metadata metadata;
  private final Object lock = new Object();
  // All below are guarded by the lock.
  private final Set<SequenceSink> open = new LinkedHashSet<>();
  private boolean headersSent;
  private boolean asked;
  private boolean halfClosed;
  private boolean over;
  private long unreadBytes;

  SequenceCall(
      GrpcContext context,
      ServerCall<Received<PredictionsRequest>, PredictionResponse> call,
      Metadata metadata) {
    this.context = context;
    this.call = call;
    this.metadata = metadata;
    ask();
  }

  /** Reads the next request only when the client reads the answers. */
  private void ask() {
    synchronized (lock) {
      if (asked || over || (headersSent && !call.isReady())) {
        return;
      }
      asked = true;
    }
    call.request(1);
  }

  @Override
  public void onMessage(Received<PredictionsRequest> message) {
    synchronized (lock) {
      asked = false;
    }
    PredictionsRequest request = message.request();
    Failure malformed = message.failure();
    SequenceSink sink = new SequenceSink(this, request == null ? "" : request.getSequenceId());
    sink.charged(message.chargedBytes());
    synchronized (lock) {
      open.add(sink);
    }
    if (request == null) {
      sink.fail(Objects.requireNonNull(malformed));
    } else {
      submit(request, sink);
    }
    ask();
  }

  private void submit(PredictionsRequest message, SequenceSink sink) {
    InferenceRequest request;
    try {
      ModelRef model = PredictionInputs.model(message);
      SequenceInputs inputs = new SequenceInputs(context.config().sequenceNames());
      Sequence place = inputs.place(message);
      sink.belongsTo(place.id());
      List<InputPart> parts =
          PredictionInputs.parts(message, context.config().limits().maxRequestBytes());
      request =
          InferenceRequest.builder(
                  context.inference().nextRequestId(), model, inputs.withoutFlags(parts))
              .headers(new CallHeaders(metadata, inputs.names()))
              .timeoutNanos(OneRequestCall.timeoutNanos())
              .streaming(true)
              .sequence(place)
              .build();
    } catch (ServeException refusal) {
      sink.fail(refusal.failure());
      return;
    }
    context.inference().submit(request, sink);
  }

  /** Writes an answer or a piece of one. */
  void write(PredictionResponse response) {
    synchronized (lock) {
      if (over) {
        return;
      }
      if (!headersSent) {
        headersSent = true;
        call.sendHeaders(new Metadata());
      }
      if (!call.isReady()) {
        unreadBytes += response.getPrediction().size();
      }
      call.sendMessage(response);
    }
  }

  /** A request that failed, in words. */
  PredictionResponse failed(String sequence, Failure failure) {
    io.grpc.Status status = GrpcErrors.status(failure, context.config().exposeErrors());
    ErrorInfo info =
        ErrorInfo.newBuilder().setReason(GrpcErrors.type(failure.kind()) + ".()").build();
    PredictionResponse.Builder response =
        PredictionResponse.newBuilder()
            .setStatus(
                Status.newBuilder()
                    .setCode(status.getCode().value())
                    .setMessage(failure.message())
                    .addDetails(Any.pack(info)));
    if (!sequence.isEmpty()) {
      response.setSequenceId(sequence);
    }
    return response.build();
  }

  /** A request has ended. */
  void ended(SequenceSink sink, long chargedBytes) {
    context.budget().release(chargedBytes);
    synchronized (lock) {
      open.remove(sink);
      closeIfDone();
    }
  }

  private void closeIfDone() {
    if (halfClosed && open.isEmpty() && !over) {
      over = true;
      call.close(io.grpc.Status.OK, new Metadata());
    }
  }

  boolean isReady() {
    return call.isReady();
  }

  /** Answers that were written faster than they were read. */
  long unreadBytes() {
    synchronized (lock) {
      return unreadBytes;
    }
  }

  private List<SequenceSink> openSinks() {
    synchronized (lock) {
      return List.copyOf(open);
    }
  }

  @Override
  public void onReady() {
    synchronized (lock) {
      unreadBytes = 0;
    }
    openSinks().forEach(SequenceSink::readable);
    ask();
  }

  @Override
  public void onHalfClose() {
    synchronized (lock) {
      halfClosed = true;
      closeIfDone();
    }
  }

  @Override
  public void onCancel() {
    synchronized (lock) {
      over = true;
    }
    openSinks().forEach(SequenceSink::cancelled);
  }
}
