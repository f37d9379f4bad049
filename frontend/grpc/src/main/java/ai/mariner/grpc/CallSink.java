package ai.mariner.grpc;

import ai.mariner.core.error.Failure;
import ai.mariner.core.message.Cancellation;
import ai.mariner.core.message.Reply;
import ai.mariner.core.message.ResponseSink;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The client's end of a prediction over gRPC: what answering once and answering in pieces share.
 *
 * <p>The core calls a sink from one thread at a time, in order, and gRPC reports a client that left
 * from another. A call must not be written by two threads at once; so only {@link #write} and
 * {@link #close} touch it, and each subclass sees to it that they run one after the other.
 */
abstract class CallSink implements ResponseSink {
  private final ServerCall<?, Reply> call;
  private final String label;
  private final boolean exposeErrors;
  private final AtomicBoolean ended = new AtomicBoolean();
  private final Cancellation cancellation = new Cancellation();
  private boolean headersSent;

  CallSink(ServerCall<?, Reply> call, String label, boolean exposeErrors) {
    this.call = call;
    this.label = label;
    this.exposeErrors = exposeErrors;
  }

  @Override
  public void onCancel(Runnable task) {
    cancellation.onCancel(task);
  }

  /** The client left. Called by gRPC, on any thread. */
  void cancelled() {
    cancellation.cancel();
  }

  /** gRPC takes messages again. Called by gRPC, on any thread. */
  void writable() {
    // A single answer is written whether or not the client reads.
  }

  /** Makes the core stop working for this client. */
  final void tellCore() {
    cancellation.tell();
  }

  final boolean hasLeft() {
    return cancellation.isCancelled();
  }

  /** Claims the end of the answer; only the first caller may end it. */
  final boolean claimEnd() {
    return ended.compareAndSet(false, true);
  }

  final boolean hasEnded() {
    return ended.get();
  }

  /** Whether gRPC would send a message now, without a queue of its own. */
  final boolean callIsReady() {
    return call.isReady();
  }

  /** Hands a piece to gRPC, which releases it. */
  final void write(Reply piece) {
    if (!headersSent) {
      headersSent = true;
      call.sendHeaders(headersOf(piece));
    }
    call.sendMessage(piece);
  }

  final void close(Status status, Metadata trailers) {
    call.close(status, trailers);
  }

  final Status statusOf(Failure failure) {
    return GrpcErrors.status(failure, exposeErrors);
  }

  /** Trailers of a call that fails; they carry the request id, as there may be no headers. */
  final Metadata labelled() {
    Metadata metadata = new Metadata();
    metadata.put(GrpcErrors.REQUEST_ID, label);
    return metadata;
  }

  private Metadata headersOf(Reply piece) {
    Metadata headers = labelled();
    for (Reply.Header header : piece.headers()) {
      if (header.name().equalsIgnoreCase(GrpcErrors.CACHE.name())) {
        headers.put(GrpcErrors.CACHE, header.value());
      }
    }
    return headers;
  }

  /**
   * Trailers of a call that is answered: the handler's headers, and its status, when it chose one.
   */
  static Metadata trailersOf(Reply last) {
    Metadata trailers = new Metadata();
    HandlerTrailers.addTo(trailers, last.headers());
    Integer status = last.status();
    if (status != null && status != 200) {
      trailers.put(GrpcErrors.HANDLER_STATUS, status.toString());
    }
    return trailers;
  }
}
