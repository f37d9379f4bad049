package ai.mariner.core.job;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.message.ModelKey;
import org.jspecify.annotations.Nullable;

/** The words of a pool for requests that get no answer. */
public record Refusals(ModelKey key) {
  public Failure removed() {
    return Failure.of(ErrorKind.SHUTTING_DOWN, "Model " + key + " is being removed.");
  }

  /** The request has a place in a sequence, and the model runs each request by itself. */
  public Failure noSequences() {
    return Failure.of(
        ErrorKind.UNSUPPORTED,
        "Model \""
            + key.name()
            + "\" takes no sequences (expected: sequenceBatching: true among its options, or a call"
            + " for models without state).");
  }

  public Failure removedMeanwhile() {
    return Failure.of(ErrorKind.SHUTTING_DOWN, "Model " + key + " was removed meanwhile.");
  }

  public Failure removedUnfinished() {
    return Failure.of(
        ErrorKind.SHUTTING_DOWN,
        "Model " + key + " was removed before the request was done (drain_timeout).");
  }

  public static Failure serverStops() {
    return Failure.of(ErrorKind.SHUTTING_DOWN, "The server is shutting down.");
  }

  public Failure queueFull(int waiting, int capacity) {
    return Failure.of(
        ErrorKind.QUEUE_FULL,
        "The queue of model "
            + key
            + " is full: "
            + waiting
            + " requests wait (jobQueueSize: "
            + capacity
            + "). Try again later.");
  }

  /** The model takes only what can begin at once. */
  public Failure noneIdle() {
    return Failure.of(
        ErrorKind.QUEUE_FULL,
        "Model "
            + key
            + " has no idle worker, and takes no requests that would have to wait (useJobTicket:"
            + " true). Try again later.");
  }

  /** No worker is wanted. */
  public Failure noWorkers() {
    return Failure.of(
        ErrorKind.NO_WORKER, subject() + ". Please use scale workers API to add workers.");
  }

  /**
   * No worker serves or is about to.
   *
   * @param last why one was last lost or failed to load; absent: not known
   */
  public Failure hopeless(@Nullable LossCause last) {
    String reason = last == null ? "" : " Last reason: " + last.message();
    return Failure.of(ErrorKind.NO_WORKER, subject() + ": its workers fail to start." + reason)
        .withDetail(last == null ? null : last.detail());
  }

  /** For who asked for workers that can't load the model. */
  public Failure loadFailed(LossCause cause) {
    ErrorKind kind =
        cause.kind() == ErrorKind.OUT_OF_MEMORY ? ErrorKind.OUT_OF_MEMORY : ErrorKind.LOAD_FAILED;
    return Failure.of(
            kind,
            "Failed to start workers for model "
                + key.name()
                + " version: "
                + key.version()
                + ". "
                + cause.message())
        .withDetail(cause.detail());
  }

  public static Failure expired(String where) {
    return Failure.of(
        ErrorKind.DEADLINE_EXCEEDED, "The request's deadline passed while it was " + where + '.');
  }

  private String subject() {
    return "Model \""
        + key.name()
        + "\" Version "
        + key.version()
        + " has no worker to serve inference request";
  }
}
