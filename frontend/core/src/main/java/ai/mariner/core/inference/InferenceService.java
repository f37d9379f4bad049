package ai.mariner.core.inference;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.message.RequestLabel;
import ai.mariner.core.message.ResponseSink;
import ai.mariner.core.model.Model;
import ai.mariner.core.model.ModelRegistry;
import ai.mariner.core.queue.Pool;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** The one way in for predictions, whatever API they come through. Thread-safe. */
public final class InferenceService implements InferenceCalls {
  private final ModelRegistry registry;
  private final RequestLabel labels;
  private final AtomicLong requestIds = new AtomicLong();
  private final Pool.Successor successor = this::follow;
  private volatile boolean open = true;

  /**
   * Makes the service.
   *
   * @param registry where models are looked up
   * @param labels labels of requests without one
   */
  public InferenceService(ModelRegistry registry, RequestLabel labels) {
    this.registry = registry;
    this.labels = labels;
  }

  @Override
  public long nextRequestId() {
    return requestIds.incrementAndGet();
  }

  @Override
  public RequestLabel labels() {
    return labels;
  }

  @Override
  public @Nullable Failure absence(ModelRef model) {
    if (!open) {
      return shuttingDown();
    }
    return registry.find(model) == null ? registry.absence(model) : null;
  }

  private static Failure shuttingDown() {
    return Failure.of(
        ErrorKind.SHUTTING_DOWN, "The server is shutting down and takes no more requests.");
  }

  @Override
  public void submit(InferenceRequest request, ResponseSink sink) {
    if (!open) {
      refuse(request, sink, shuttingDown());
      return;
    }
    step(request, sink);
  }

  /**
   * Runs a step of a request that was let in before, also while the server stops. Otherwise as
   * {@link #submit}.
   */
  public void step(InferenceRequest request, ResponseSink sink) {
    Model model = registry.find(request.model());
    if (model == null) {
      refuse(request, sink, registry.absence(request.model()));
      return;
    }
    model.metrics().received(request.model());
    model.pool().submit(request, sink, successor);
  }

  /**
   * A pool that was closed between the look-up and the request's arrival on its loop may have a
   * successor in the registry, which a swap wrote there before it closed the old one. The request
   * was counted when it arrived.
   */
  private boolean follow(Pool closed, InferenceRequest request, ResponseSink sink) {
    Model model = registry.find(request.model());
    if (model == null || model.pool() == closed) {
      return false;
    }
    model.pool().submit(request, sink, successor);
    return true;
  }

  /** Takes no more requests; those that were accepted go on. */
  public void close() {
    open = false;
  }

  private static void refuse(InferenceRequest request, ResponseSink sink, Failure failure) {
    request.release();
    sink.fail(failure);
  }
}
