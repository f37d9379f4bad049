package ai.mariner.core.worker;

import ai.mariner.core.message.InferenceRequest;

/** A request as a link sends it. */
public interface RunItem {
  /** The request. */
  InferenceRequest request();

  /** When the request's deadline passes, in the loop's time; {@link Long#MAX_VALUE}: never. */
  long deadlineNanos();

  /** Pieces that may be sent before the first credit; 0: no flow control. */
  int credits();

  /** Whether its run must not be begun before those ahead of it have ended, nor any beside it. */
  default boolean alone() {
    return false;
  }
}
