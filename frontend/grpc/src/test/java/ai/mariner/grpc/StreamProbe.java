package ai.mariner.grpc;

import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/** Notes what a call brings and how often it ends. */
final class StreamProbe<T> extends ClientCall.Listener<T> {
  final BlockingQueue<T> messages = new LinkedBlockingQueue<>();
  final AtomicInteger ends = new AtomicInteger();
  volatile Metadata headers = new Metadata();
  volatile Metadata trailers = new Metadata();
  private final CompletableFuture<Status> status = new CompletableFuture<>();

  @Override
  public void onHeaders(Metadata received) {
    headers = received;
  }

  @Override
  public void onMessage(T message) {
    messages.add(message);
  }

  @Override
  public void onClose(Status end, Metadata received) {
    ends.incrementAndGet();
    trailers = received;
    status.complete(end);
  }

  T next() throws InterruptedException {
    T message = messages.poll(10, TimeUnit.SECONDS);
    if (message == null) {
      throw new AssertionError("no message arrived; ends: " + ends + ", " + status.getNow(null));
    }
    return message;
  }

  /** How the call ended; waits for it. */
  Status status() throws InterruptedException, ExecutionException, TimeoutException {
    return status.get(10, TimeUnit.SECONDS);
  }
}
