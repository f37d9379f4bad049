package ai.mariner.core.message;

import ai.mariner.core.error.Failure;

/**
 * The client's end of one request, all that the core knows of a client.
 *
 * <p>The core calls {@link #next} any number of times and then exactly one of {@link #end} and
 * {@link #fail}, always from the loop of the model's pool; the sink hops to its own thread where it
 * needs to.
 */
public interface ResponseSink {
  /** Takes a piece of a streamed answer; more will follow. The sink owns the body. */
  void next(Reply piece);

  /** Takes the whole answer, or the last piece of a streamed one. The sink owns the body. */
  void end(Reply last);

  /** Takes the reason why there is no (further) answer. */
  void fail(Failure failure);

  /**
   * Says whom to tell when the client leaves before the end. Called once, before anything else; the
   * sink may call the task from any thread, more than once, and also right away.
   */
  void onCancel(Runnable task);

  /** Whether the client keeps up: a piece written now would not wait behind others. */
  boolean isReady();

  /**
   * Says whom to tell when {@link #isReady} turns true again; replaces an earlier task. May be
   * called from any thread.
   */
  void onReady(Runnable task);

  /** Bytes of pieces that wait for the client to read them. */
  long bufferedBytes();
}
