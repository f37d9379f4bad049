package ai.mariner.grpc;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.Reply;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One call with one request, from its first byte to the hand-over to the core. gRPC runs the
 * methods one at a time, on the event loop of the connection.
 *
 * @param <M> the request
 */
abstract class OneRequestCall<M> extends ServerCall.Listener<Received<M>> {
  final GrpcContext context;
  final ServerCall<Received<M>, Reply> call;
  final Metadata metadata;
  private @Nullable M request;
  private @Nullable CallSink sink;
  private boolean refused;
  private long chargedBytes;

  OneRequestCall(GrpcContext context, ServerCall<Received<M>, Reply> call, Metadata metadata) {
    this.context = context;
    this.call = call;
    this.metadata = metadata;
    // One more than there should be: gRPC notices and cancels the call.
    call.request(2);
  }

  /**
   * The request for the core.
   *
   * @param id the server's own number of it
   * @param label the client's name of it
   * @throws ServeException if it is malformed
   */
  abstract InferenceRequest inference(M message, long id, @Nullable String label);

  /**
   * What takes the answer.
   *
   * @param label what the client is told as the name of the request
   */
  abstract CallSink sink(M message, String label);

  @Override
  public void onMessage(Received<M> message) {
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
    M complete = request;
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

  private void submit(M message) {
    long id = context.inference().nextRequestId();
    String label = PredictionInputs.label(metadata);
    InferenceRequest inference = inference(message, id, label);
    CallSink client = sink(message, label != null ? label : context.inference().labels().of(id));
    sink = client;
    context.inference().submit(inference, client);
  }

  /** Time until the caller's deadline; absent: it gave none. */
  static @Nullable Long timeoutNanos() {
    Deadline deadline = Context.current().getDeadline();
    return deadline == null ? null : Math.max(0, deadline.timeRemaining(TimeUnit.NANOSECONDS));
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
