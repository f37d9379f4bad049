package ai.mariner.core.job;

import ai.mariner.core.time.Loop;
import org.jspecify.annotations.Nullable;

/**
 * Credits of one stream: the worker may send so many pieces ahead of the client's reading. Grants
 * are given in halves of the window, so that a fast reader costs one frame for many pieces.
 */
public final class StreamFlow {
  /** As both ends of the wire have it for a streamed item without a number of its own. */
  private static final int WINDOW = 16;

  private int left = WINDOW;
  private int owed;
  private Loop.@Nullable Timer stallTimer;

  /** Counts a piece that arrived. */
  public void pieceArrived() {
    left--;
    owed++;
  }

  /** Credits to grant now that the reader keeps up; 0: none yet. */
  public int grant() {
    if (owed < WINDOW / 2) {
      return 0;
    }
    int granted = owed;
    owed = 0;
    left += granted;
    return granted;
  }

  /** Whether the worker has nothing left to send with. */
  boolean exhausted() {
    return left <= 0;
  }

  /** Whether the reader is being waited for. */
  public boolean waits() {
    return stallTimer != null;
  }

  /** The reader is being waited for, until this timer ends it. */
  public void waitUntil(Loop.Timer timer) {
    stallTimer = timer;
  }

  /** The reader need not be waited for any more. */
  public void waitedEnough() {
    Loop.Timer timer = stallTimer;
    if (timer != null) {
      timer.cancel();
      stallTimer = null;
    }
  }
}
