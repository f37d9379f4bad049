package ai.mariner.rest;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.compression.DecompressionException;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Undoes Zstandard (RFC 8878). */
final class ZstdBodyDecoder extends BodyDecoder {
  /** So much is unpacked at once, that no bomb gets far beyond a limit. */
  private static final int CHUNK_BYTES = 64 * 1024;

  /** 8 MiB, the most that HTTP allows a frame to look back (RFC 9659). */
  private static final int MOST_WINDOW_LOG = 23;

  private final ByteBufAllocator allocator;
  private final Piece source = new Piece();
  private @Nullable ZstdInputStreamNoFinalizer frames;
  private boolean complete = true;

  ZstdBodyDecoder(String coding, ByteBufAllocator allocator) {
    super(coding);
    this.allocator = allocator;
  }

  @Override
  void decode(ByteBuf piece, Predicate<ByteBuf> out) {
    source.bytes = piece;
    try {
      ZstdInputStreamNoFinalizer unpacking = frames;
      if (unpacking == null) {
        unpacking = new ZstdInputStreamNoFinalizer(source);
        frames = unpacking;
        unpacking.setContinuous(true);
        unpacking.setLongMax(MOST_WINDOW_LOG);
      }
      ByteBuf unpacked = next(unpacking);
      while (unpacked != null && out.test(unpacked)) {
        unpacked = next(unpacking);
      }
    } catch (IOException e) {
      throw new DecompressionException(e.getMessage(), e);
    } finally {
      source.bytes = Unpooled.EMPTY_BUFFER;
    }
  }

  /** What comes out next, or {@code null} if that takes more to go in. */
  private @Nullable ByteBuf next(ZstdInputStreamNoFinalizer unpacking) throws IOException {
    ByteBuf unpacked = allocator.heapBuffer(CHUNK_BYTES, CHUNK_BYTES);
    try {
      if (unpacked.writeBytes(unpacking, CHUNK_BYTES) > 0) {
        return unpacked.retain();
      }
      return null;
    } finally {
      unpacked.release();
    }
  }

  @Override
  boolean isComplete() {
    return complete;
  }

  /** The stream tells the end of a frame from a torn one only once it may not hope for more. */
  @Override
  void close() {
    ZstdInputStreamNoFinalizer unpacking = frames;
    frames = null;
    if (unpacking == null) {
      return;
    }
    try (unpacking) {
      unpacking.setContinuous(false);
      complete = unpacking.read() < 0;
    } catch (IOException torn) {
      complete = false;
    }
  }

  /** The piece that is read, which ends where the piece does. */
  private static final class Piece extends InputStream {
    private ByteBuf bytes = Unpooled.EMPTY_BUFFER;

    @Override
    public int read() {
      return bytes.isReadable() ? bytes.readUnsignedByte() : -1;
    }

    @Override
    public int read(byte[] target, int offset, int length) {
      int count = Math.min(length, bytes.readableBytes());
      if (count == 0) {
        return length == 0 ? 0 : -1;
      }
      bytes.readBytes(target, offset, count);
      return count;
    }

    @Override
    public int available() {
      return bytes.readableBytes();
    }
  }
}
