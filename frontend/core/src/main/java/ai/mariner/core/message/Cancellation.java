package ai.mariner.core.message;

import org.jspecify.annotations.Nullable;

/**
 * A client's leaving and the task that must hear of it, whichever comes first: what a {@link
 * ResponseSink} needs to keep its word on {@link ResponseSink#onCancel}. For any thread.
 */
public final class Cancellation {
  private volatile boolean cancelled;
  private volatile @Nullable Runnable task;

  /** Sets whom to tell; told at once if the client has left. */
  public void onCancel(Runnable told) {
    task = told;
    if (cancelled) {
      told.run();
    }
  }

  /** The client has left. */
  public void cancel() {
    cancelled = true;
    tell();
  }

  /** Tells whoever is to be told, though the client may be there: its answer is of no more use. */
  public void tell() {
    Runnable told = task;
    if (told != null) {
      told.run();
    }
  }

  /** Whether the client has left. */
  public boolean isCancelled() {
    return cancelled;
  }
}
