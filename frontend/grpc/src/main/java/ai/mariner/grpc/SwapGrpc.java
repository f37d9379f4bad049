package ai.mariner.grpc;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.model.SwapModel;
import ai.mariner.core.model.SwapResult;
import ai.mariner.core.model.SwapStep;
import ai.mariner.proto.extension.MarinerManagementServiceGrpc.MarinerManagementServiceImplBase;
import ai.mariner.proto.extension.SwapModelRequest;
import ai.mariner.proto.extension.SwapModelResponse;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Management calls of our own. */
final class SwapGrpc extends MarinerManagementServiceImplBase {
  private final GrpcContext context;

  SwapGrpc(GrpcContext context) {
    this.context = context;
  }

  @Override
  public void swapModel(SwapModelRequest request, StreamObserver<SwapModelResponse> observer) {
    if (observer instanceof ServerCallStreamObserver<?> call) {
      // Without one, the observer throws when the client has left. The swap goes on.
      call.setOnCancelHandler(() -> {});
    }
    var unused =
        begin(request)
            .handle(
                (result, thrown) -> {
                  finish(observer, result, thrown);
                  return null;
                });
  }

  private CompletionStage<SwapResult> begin(SwapModelRequest request) {
    try {
      ManagementGrpc.requireModelApi(context);
      SwapModel order = ManagementArguments.swap(request);
      return context.models().swap(order);
    } catch (ServeException refusal) {
      return CompletableFuture.failedStage(refusal);
    }
  }

  private void finish(
      StreamObserver<SwapModelResponse> observer,
      @Nullable SwapResult result,
      @Nullable Throwable thrown) {
    if (thrown != null || result == null) {
      Failure failure =
          thrown != null
              ? ServeException.failureOf(thrown)
              : Failure.of(ErrorKind.INTERNAL, "The swap ended without a result.");
      observer.onError(
          GrpcErrors.status(failure, context.config().exposeErrors()).asRuntimeException());
      return;
    }
    observer.onNext(response(result));
    observer.onCompleted();
  }

  private static SwapModelResponse response(SwapResult result) {
    SwapModelResponse.Builder response =
        SwapModelResponse.newBuilder()
            .setModel(result.name())
            .setFrom(result.from())
            .setTo(result.to())
            .setWorkers(result.workers())
            .setOldKept(result.oldKept());
    for (SwapStep step : result.steps()) {
      response
          .addStepsBuilder()
          .setStep(step.name().text())
          .setSeconds(step.duration().toNanos() / (double) Duration.ofSeconds(1).toNanos());
    }
    return response.build();
  }
}
