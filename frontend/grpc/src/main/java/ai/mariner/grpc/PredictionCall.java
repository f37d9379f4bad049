package ai.mariner.grpc;

import ai.mariner.core.config.SequenceNames;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.Operation;
import ai.mariner.core.message.Reply;
import ai.mariner.proto.inference.PredictionsRequest;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One call with one request, from its first byte to the hand-over to the core. gRPC runs the
 * methods one at a time, on the event loop of the connection.
 */
final class PredictionCall extends ServerCall.Listener<Received<PredictionsRequest>> {
  private final GrpcContext context;
  private final ServerCall<Received<PredictionsRequest>, Reply> call;
  private final Metadata metadata;
  private final boolean streaming;
  private @Nullable PredictionsRequest request;
  private @Nullable CallSink sink;
  private boolean refused;
  private long chargedBytes;

  PredictionCall(
      GrpcContext context,
      ServerCall<Received<PredictionsRequest>, Reply> call,
      Metadata metadata,
      boolean streaming) {
    this.context = context;
    this.call = call;
    this.metadata = metadata;
    this.streaming = streaming;
    // One more than there should be: gRPC notices and cancels the call.
    call.request(2);
  }

  @Override
  public void onMessage(Received<PredictionsRequest> message) {
    chargedBytes += message.chargedBytes();
    Failure malformed = message.failure();
    if (malformed != null) {
      refuse(malformed);
    } else {
      request = message.request();
    }
  }

  @Override
  public void onHalfClose() {
    if (refused) {
      return;
    }
    PredictionsRequest complete = request;
    if (complete == null) {
      refuse(Failure.of(ErrorKind.BAD_REQUEST, "The call has no request (expected: one)."));
      return;
    }
    try {
      submit(complete);
    } catch (ServeException refusal) {
      refuse(refusal.failure());
    }
  }

  private void submit(PredictionsRequest message) {
    long id = context.inference().nextRequestId();
    SequenceNames sequences = context.config().sequenceNames();
    String label = PredictionInputs.label(metadata);
    InferenceRequest inference =
        new InferenceRequest(
            id,
            PredictionInputs.model(message),
            Operation.PREDICT,
            label,
            PredictionInputs.parts(message, context.config().limits().maxRequestBytes()),
            new SequenceInputs(sequences).named(message, new CallHeaders(metadata, sequences)),
            timeoutNanos(),
            streaming,
            null);
    CallSink client = sink(label != null ? label : context.inference().labels().of(id));
    sink = client;
    context.inference().submit(inference, client);
  }

  private CallSink sink(String label) {
    boolean exposeErrors = context.config().exposeErrors();
    return streaming
        ? new StreamSink(call, label, exposeErrors)
        : new UnarySink(call, label, exposeErrors, context.config().limits().maxResponseBytes());
  }

  /** Time until the caller's deadline; absent: it gave none. */
  static @Nullable Long timeoutNanos() {
    Deadline deadline = Context.current().getDeadline();
    return deadline == null ? null : Math.max(0, deadline.timeRemaining(TimeUnit.NANOSECONDS));
  }

  private void refund() {
    context.budget().release(chargedBytes);
    chargedBytes = 0;
  }

  private void refuse(Failure failure) {
    if (!refused) {
      refused = true;
      call.close(GrpcErrors.status(failure, context.config().exposeErrors()), new Metadata());
    }
  }

  @Override
  public void onReady() {
    CallSink client = sink;
    if (client != null) {
      client.writable();
    }
  }

  @Override
  public void onComplete() {
    refund();
  }

  @Override
  public void onCancel() {
    refund();
    CallSink client = sink;
    if (client != null) {
      client.cancelled();
    }
  }
}
