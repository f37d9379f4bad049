package ai.mariner.grpc;

import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;

/** Completes a future with the first message of a call. */
record FirstAnswer<T>(CompletableFuture<T> future) implements StreamObserver<T> {
  @Override
  public void onNext(T message) {
    future.complete(message);
  }

  @Override
  public void onError(Throwable thrown) {
    future.completeExceptionally(thrown);
  }

  @Override
  public void onCompleted() {
    future.completeExceptionally(new AssertionError("the call ended without a message"));
  }
}
