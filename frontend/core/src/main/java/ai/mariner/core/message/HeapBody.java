package ai.mariner.core.message;

import java.nio.ByteBuffer;

/** Bytes in the Java heap, which need no release. */
final class HeapBody implements Body {
  static final HeapBody EMPTY = new HeapBody(new byte[0]);

  private final byte[] array;

  HeapBody(byte[] array) {
    this.array = array;
  }

  @Override
  public int size() {
    return array.length;
  }

  @Override
  public ByteBuffer bytes() {
    return ByteBuffer.wrap(array).asReadOnlyBuffer();
  }

  @Override
  public void release() {
    // The garbage collector does it.
  }

  @Override
  public Body share() {
    return this;
  }
}
