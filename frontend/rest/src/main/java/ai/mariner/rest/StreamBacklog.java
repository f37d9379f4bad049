package ai.mariner.rest;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Counts the bytes of a streamed answer that its client has not taken yet, and tells who makes them
 * when it is time for more. Thread-safe.
 */
final class StreamBacklog {
  /** From so many bytes on, more are not wanted … */
  static final long HIGH_WATER_BYTES = 64 * 1024;

  /** … until fewer than so many are left. */
  static final long LOW_WATER_BYTES = 32 * 1024;

  private final AtomicLong bytes = new AtomicLong();
  private final AtomicReference<@Nullable Runnable> readyTask = new AtomicReference<>();

  /** A piece of so many bytes was made. */
  void added(long size) {
    bytes.addAndGet(size);
  }

  /** The client has taken bytes, or they were dropped. */
  void drained(long size) {
    long left = bytes.addAndGet(-size);
    if (left < LOW_WATER_BYTES) {
      tellReady();
    }
  }

  long bytes() {
    return bytes.get();
  }

  /** Whether more bytes are wanted. */
  boolean isReady() {
    return bytes.get() < HIGH_WATER_BYTES;
  }

  /** Runs a task once, when more bytes are wanted; at once if they are. Replaces the one before. */
  void onReady(Runnable task) {
    readyTask.set(task);
    if (isReady()) {
      tellReady();
    }
  }

  private void tellReady() {
    Runnable task = readyTask.getAndSet(null);
    if (task != null) {
      task.run();
    }
  }
}
