package ai.mariner.core.message;

import java.nio.ByteBuffer;

/**
 * The bytes of a request or reply, as the adapters hold them.
 *
 * <p>A body has one owner, who calls {@link #release} exactly once:
 *
 * <ul>
 *   <li>request bodies belong to the {@link InferenceRequest}, that is to the adapter until {@code
 *       submit} and to the job from then until it ends, in whatever way;
 *   <li>reply bodies belong to the sink that they are handed to.
 * </ul>
 */
public interface Body {
  /** Number of bytes. */
  int size();

  /** A read-only view of the bytes, valid until {@link #release}. */
  ByteBuffer bytes();

  /** Gives the memory back. */
  void release();

  /** A body in the Java heap. */
  static Body of(byte[] bytes) {
    return new HeapBody(bytes);
  }

  /** A body of no bytes. */
  static Body empty() {
    return HeapBody.EMPTY;
  }
}
