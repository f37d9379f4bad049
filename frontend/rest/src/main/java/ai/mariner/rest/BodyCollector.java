package ai.mariner.rest;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/**
 * Puts the pieces of a body together without copying them, except for tiny ones: these would pin
 * the buffers that they were received in.
 */
final class BodyCollector {
  private static final int TINY_BYTES = 1024;
  private static final int TINY_BUFFER_BYTES = 8192;

  private final ByteBufAllocator allocator;
  private @Nullable ByteBuf first;
  private @Nullable CompositeByteBuf pieces;
  private @Nullable ByteBuf tinyPieces;
  private long size;

  BodyCollector(ByteBufAllocator allocator) {
    this.allocator = allocator;
  }

  /** Bytes so far. */
  long size() {
    return size;
  }

  /** Takes over the piece. */
  void add(ByteBuf piece) {
    size += piece.readableBytes();
    if (!piece.isReadable()) {
      piece.release();
      return;
    }
    if (first == null && pieces == null) {
      first = piece;
      return;
    }
    CompositeByteBuf all = pieces;
    if (all == null) {
      all = allocator.compositeBuffer(Integer.MAX_VALUE);
      pieces = all;
      ByteBuf begin = first;
      if (begin != null) {
        first = null;
        append(all, begin);
      }
    }
    append(all, piece);
  }

  /** The whole body, which the caller owns from now on; this collector is empty afterwards. */
  ByteBuf take() {
    size = 0;
    ByteBuf whole = first;
    if (whole != null) {
      first = null;
      return whole;
    }
    CompositeByteBuf all = pieces;
    if (all == null) {
      return Unpooled.EMPTY_BUFFER;
    }
    closeTiny(all);
    pieces = null;
    return all;
  }

  /** Gives everything back. */
  void release() {
    take().release();
  }

  private void append(CompositeByteBuf all, ByteBuf piece) {
    if (piece.readableBytes() >= TINY_BYTES) {
      closeTiny(all);
      all.addComponent(true, piece);
      return;
    }
    ByteBuf tiny = tinyPieces;
    if (tiny == null || tiny.maxWritableBytes() < piece.readableBytes()) {
      closeTiny(all);
      tiny = allocator.directBuffer(TINY_BUFFER_BYTES, TINY_BUFFER_BYTES);
      tinyPieces = tiny;
    }
    tiny.writeBytes(piece);
    piece.release();
  }

  private void closeTiny(CompositeByteBuf all) {
    ByteBuf tiny = tinyPieces;
    if (tiny != null) {
      tinyPieces = null;
      all.addComponent(true, tiny);
    }
  }
}
