package ai.mariner.rest;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.compression.DecompressionException;
import io.netty.handler.codec.compression.ZlibWrapper;
import io.netty.handler.codec.compression.Zstd;
import java.util.Locale;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Undoes the content coding of one body while it arrives (RFC 9110, 8.4). */
abstract class BodyDecoder {
  private final String coding;

  BodyDecoder(String coding) {
    this.coding = coding;
  }

  /** What is understood, for messages and for {@code Accept-Encoding}. */
  static String understood() {
    return Zstd.isAvailable() ? "gzip, deflate, zstd" : "gzip, deflate";
  }

  /** Whether there is nothing to undo. */
  static boolean isPlain(String coding) {
    return coding.isBlank() || coding.trim().equalsIgnoreCase("identity");
  }

  /** A decoder of a coding, or {@code null} if it is not understood. */
  static @Nullable BodyDecoder of(String coding, ByteBufAllocator allocator) {
    String name = coding.trim().toLowerCase(Locale.ROOT);
    return switch (name) {
      case "gzip", "x-gzip" -> new ZlibBodyDecoder(name, ZlibWrapper.GZIP, allocator);
      // Some clients leave the wrapper out.
      case "deflate" -> new ZlibBodyDecoder(name, ZlibWrapper.ZLIB_OR_NONE, allocator);
      case "zstd" -> Zstd.isAvailable() ? new ZstdBodyDecoder(name, allocator) : null;
      default -> null;
    };
  }

  /** Name of the coding. */
  final String coding() {
    return coding;
  }

  /**
   * Unpacks a piece, which the caller keeps.
   *
   * @param out takes over what comes out; false: no more of it
   * @throws DecompressionException if it is not what the coding says
   */
  abstract void decode(ByteBuf piece, Predicate<ByteBuf> out);

  /** Whether the coding came to its end; asked after {@link #close}. */
  abstract boolean isComplete();

  /** Gives everything back. */
  abstract void close();
}
