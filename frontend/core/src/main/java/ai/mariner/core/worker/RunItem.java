package ai.mariner.core.worker;

import ai.mariner.core.message.InferenceRequest;

/** A request as a link sends it. */
public interface RunItem {
  /** The request. */
  InferenceRequest request();

  /** When the request's deadline passes, in the loop's time; {@link Long#MAX_VALUE}: never. */
  long deadlineNanos();

  /**
   * Pieces that may be sent before the first credit; 0: the wire's own window (16) if the request
   * is {@link InferenceRequest#streaming}, else no flow control.
   */
  int credits();

  /** Whether its run must not be begun before those ahead of it have ended, nor any beside it. */
  default boolean alone() {
    return false;
  }

  /** 1 + the place of the request's route in the model's LOAD fields; 0: none. */
  default int route() {
    return 0;
  }

  /** Whether the model is where a graph begins: its input is in the client's own form. */
  default boolean entry() {
    return false;
  }

  /** Whether the model is where a graph ends: its answer is to be in the client's own form. */
  default boolean exit() {
    return false;
  }
}
