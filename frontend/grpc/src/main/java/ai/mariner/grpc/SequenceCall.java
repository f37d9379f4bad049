package ai.mariner.grpc;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.ModelRef;
import ai.mariner.proto.inference.PredictionResponse;
import ai.mariner.proto.inference.PredictionsRequest;
import com.google.protobuf.Any;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;
import io.grpc.Metadata;
import io.grpc.ServerCall;

/**
 * A stream of requests to stateful models. None of the models that this server runs keeps state
 * between requests, so each request is answered in the stream, in order, with a status that says
 * so, and the stream goes on.
 */
final class SequenceCall extends ServerCall.Listener<PredictionsRequest> {
  private final ServerCall<PredictionsRequest, PredictionResponse> call;
  private final boolean exposeErrors;
  private boolean headersSent;
  private boolean asked;

  SequenceCall(ServerCall<PredictionsRequest, PredictionResponse> call, boolean exposeErrors) {
    this.call = call;
    this.exposeErrors = exposeErrors;
    ask();
  }

  /** Reads the next request only when the client reads the answers. */
  private void ask() {
    if (!asked && (!headersSent || call.isReady())) {
      asked = true;
      call.request(1);
    }
  }

  @Override
  public void onMessage(PredictionsRequest message) {
    asked = false;
    if (!headersSent) {
      headersSent = true;
      call.sendHeaders(new Metadata());
    }
    call.sendMessage(answer(message));
    ask();
  }

  private PredictionResponse answer(PredictionsRequest message) {
    Failure failure = failureOf(message);
    io.grpc.Status status = GrpcErrors.status(failure, exposeErrors);
    ErrorInfo info =
        ErrorInfo.newBuilder().setReason(GrpcErrors.type(failure.kind()) + ".()").build();
    PredictionResponse.Builder response =
        PredictionResponse.newBuilder()
            .setStatus(
                Status.newBuilder()
                    .setCode(status.getCode().value())
                    .setMessage(failure.message())
                    .addDetails(Any.pack(info)));
    if (message.hasSequenceId()) {
      response.setSequenceId(message.getSequenceId());
    }
    return response.build();
  }

  private static Failure failureOf(PredictionsRequest message) {
    try {
      ModelRef model = PredictionInputs.model(message);
      return Failure.of(
          ErrorKind.UNSUPPORTED,
          "Model \""
              + model.name()
              + "\" takes no sequences (expected: Predictions or StreamPredictions for a model"
              + " without state).");
    } catch (ServeException malformed) {
      return malformed.failure();
    }
  }

  @Override
  public void onReady() {
    ask();
  }

  @Override
  public void onHalfClose() {
    call.close(io.grpc.Status.OK, new Metadata());
  }
}
