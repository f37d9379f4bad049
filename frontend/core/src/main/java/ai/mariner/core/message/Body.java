package ai.mariner.core.message;

import java.nio.ByteBuffer;
import java.util.List;

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

  /**
   * The same bytes as they lie in memory, one piece behind the other; without a copy, which {@link
   * #bytes} makes when there are several.
   */
  default List<ByteBuffer> pieces() {
    return List.of(bytes());
  }

  /** Gives the memory back. */
  void release();

  /**
   * The same bytes for a second owner: both bodies are released, each once, in any order. Asked of
   * a body that has not been released.
   */
  Body share();

  /** A body in the Java heap. */
  static Body of(byte[] bytes) {
    return new HeapBody(bytes);
  }

  /** A body of no bytes. */
  static Body empty() {
    return HeapBody.EMPTY;
  }

  /**
   * A body whose bytes lie in several places.
   *
   * @param pieces its bytes, one piece behind the other
   * @param owner what they lie in; released with the body
   */
  static Body joined(List<ByteBuffer> pieces, Body owner) {
    return new JoinedBody(pieces, owner);
  }
}
