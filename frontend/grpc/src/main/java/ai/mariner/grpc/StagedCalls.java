package ai.mariner.grpc;

import ai.mariner.core.error.ServeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/**
 * Answers calls when the work behind them is done.
 *
 * @param exposeErrors whether clients see the cause of a failure
 */
record StagedCalls(boolean exposeErrors) {
  /** Answers with the result of the work, or says why there is none. */
  <R> void answer(StreamObserver<R> observer, Supplier<CompletionStage<R>> work) {
    if (observer instanceof ServerCallStreamObserver<?> call) {
      // Without one, the observer throws when the client has left.
      call.setOnCancelHandler(() -> {});
    }
    CompletionStage<R> stage;
    try {
      stage = work.get();
    } catch (ServeException refusal) {
      stage = CompletableFuture.failedStage(refusal);
    }
    var unused =
        stage.handle(
            (result, thrown) -> {
              if (thrown != null) {
                fail(observer, thrown);
              } else {
                observer.onNext(result);
                observer.onCompleted();
              }
              return null;
            });
  }

  /** Ends a call without an answer. */
  void fail(StreamObserver<?> observer, Throwable thrown) {
    observer.onError(
        GrpcErrors.status(ServeException.failureOf(thrown), exposeErrors).asRuntimeException());
  }
}
