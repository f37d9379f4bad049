package ai.mariner.core.model;

import ai.mariner.core.crew.Readiness;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.message.Headers;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.Reply;
import ai.mariner.core.message.ResponseSink;
import ai.mariner.core.process.WarmupSample;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** One request to a model, through its queue, whose answer only has to be a success. */
final class Probe implements ResponseSink {
  private static final int FIRST_ERROR_STATUS = 400;

  private final CompletableFuture<Void> answer = new CompletableFuture<>();

  private Probe() {}

  /**
   * Asks a model for the answer to its first warm-up input. A model without one, or without
   * workers, only has to have the workers that it wants.
   *
   * @param requestId number of the request
   * @return fails with LOAD_FAILED and the reason
   */
  static CompletionStage<Void> of(Model model, long requestId) {
    Readiness readiness = model.pool().readiness();
    if (!readiness.satisfied()) {
      return CompletableFuture.failedStage(
          failure(readiness.ready() + " of " + readiness.wanted() + " workers are ready")
              .withDetail(readiness.lastFailure())
              .toException());
    }
    if (readiness.wanted() == 0 || model.samples().isEmpty()) {
      return CompletableFuture.completedStage(null);
    }
    WarmupSample sample = model.samples().get(0);
    Headers headers = consumer -> consumer.accept("Content-Type", sample.contentType());
    InferenceRequest request =
        InferenceRequest.builder(requestId, model.key().ref(), sample.parts())
            .label("probe")
            .headers(headers)
            .timeoutNanos(model.spec().startupTimeout().toNanos())
            .build();
    Probe probe = new Probe();
    model.pool().submit(request, probe);
    return probe.answer;
  }

  private static Failure failure(String what) {
    return Failure.of(ErrorKind.LOAD_FAILED, "The probe failed: " + what);
  }

  @Override
  public void next(Reply piece) {
    piece.body().release();
  }

  @Override
  public void end(Reply last) {
    last.body().release();
    Integer status = last.status();
    if (status != null && status >= FIRST_ERROR_STATUS) {
      answer.completeExceptionally(
          failure("the handler answered with status " + status + " (expected: below 400)")
              .toException());
    } else {
      answer.complete(null);
    }
  }

  @Override
  public void fail(Failure failure) {
    Failure told =
        failure.kind() == ErrorKind.SHUTTING_DOWN
            ? failure
            : failure(failure.message()).withDetail(failure.detail());
    answer.completeExceptionally(told.toException());
  }

  @Override
  public void onCancel(Runnable task) {
    // A probe never leaves.
  }

  @Override
  public boolean isReady() {
    return true;
  }

  @Override
  public void onReady(Runnable task) {
    // It is always ready.
  }

  @Override
  public long bufferedBytes() {
    return 0;
  }
}
