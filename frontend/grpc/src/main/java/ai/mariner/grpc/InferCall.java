package ai.mariner.grpc;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.Reply;
import ai.mariner.proto.openinference.ModelInferRequest;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import org.jspecify.annotations.Nullable;

/**
 * One call with one request of tensors, answered once. gRPC runs the methods one at a time, on the
 * event loop of the connection.
 */
final class InferCall extends ServerCall.Listener<Received<ModelInferRequest>> {
  private final GrpcContext context;
  private final ServerCall<Received<ModelInferRequest>, Reply> call;
  private final Metadata metadata;
  private @Nullable ModelInferRequest request;
  private @Nullable CallSink sink;
  private boolean refused;
  private long chargedBytes;

  InferCall(
      GrpcContext context, ServerCall<Received<ModelInferRequest>, Reply> call, Metadata metadata) {
    this.context = context;
    this.call = call;
    this.metadata = metadata;
    // One more than there should be: gRPC notices and cancels the call.
    call.request(2);
  }

  @Override
  public void onMessage(Received<ModelInferRequest> message) {
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
    ModelInferRequest complete = request;
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

  private void submit(ModelInferRequest message) {
    long id = context.inference().nextRequestId();
    String label = PredictionInputs.label(metadata);
    InferenceRequest inference =
        new InferInputs(context, metadata)
            .request(message, id, label, PredictionCall.timeoutNanos(), false);
    InferAnswer answer = InferAnswer.to(message);
    CallSink client =
        new UnarySink(
            call,
            label != null ? label : context.inference().labels().of(id),
            context.config().exposeErrors(),
            context.config().limits().maxResponseBytes(),
            whole -> answer.written(whole, response -> response));
    sink = client;
    context.inference().submit(inference, client);
  }

  private void refuse(Failure failure) {
    if (!refused) {
      refused = true;
      call.close(GrpcErrors.status(failure, context.config().exposeErrors()), new Metadata());
    }
  }

  private void refund() {
    context.budget().release(chargedBytes);
    chargedBytes = 0;
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
