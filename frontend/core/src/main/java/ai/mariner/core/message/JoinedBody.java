package ai.mariner.core.message;

import java.nio.ByteBuffer;
import java.util.List;

/** Bytes that lie in several places, one piece behind the other. */
final class JoinedBody implements Body {
  private final List<ByteBuffer> pieces;
  private final Body owner;
  private final int size;

  JoinedBody(List<ByteBuffer> pieces, Body owner) {
    this.pieces = pieces.stream().map(ByteBuffer::asReadOnlyBuffer).toList();
    this.owner = owner;
    int total = 0;
    for (ByteBuffer piece : pieces) {
      total = Math.addExact(total, piece.remaining());
    }
    this.size = total;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public ByteBuffer bytes() {
    ByteBuffer whole = ByteBuffer.allocate(size);
    pieces.forEach(piece -> whole.put(piece.duplicate()));
    return whole.flip().asReadOnlyBuffer();
  }

  @Override
  public List<ByteBuffer> pieces() {
    return pieces.stream().map(ByteBuffer::duplicate).toList();
  }

  @Override
  public void release() {
    owner.release();
  }

  @Override
  public Body share() {
    return new JoinedBody(pieces, owner.share());
  }
}
