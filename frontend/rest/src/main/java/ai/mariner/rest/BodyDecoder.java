package ai.mariner.rest;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.compression.DecompressionException;
import io.netty.handler.codec.compression.JdkZlibDecoder;
import io.netty.handler.codec.compression.ZlibWrapper;
import io.netty.util.ReferenceCountUtil;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Undoes the content coding of one body while it arrives (RFC 9110, 8.4). */
final class BodyDecoder {
  /** What is understood, for messages and for {@code Accept-Encoding}. */
  static final String UNDERSTOOD = "gzip, deflate";

  /** So little is unpacked at once, that no bomb gets far beyond a limit: the ratio is 1 : 1032. */
  private static final int SLICE_BYTES = 2048;

  /** Each gzip member costs something; files that were joined have few. */
  private static final int MOST_MEMBERS = 1000;

  private final String coding;
  private final ZlibWrapper wrapper;
  private final ByteBufAllocator allocator;
  private @Nullable Member member;
  private @Nullable EmbeddedChannel channel;
  private int members;

  private BodyDecoder(String coding, ZlibWrapper wrapper, ByteBufAllocator allocator) {
    this.coding = coding;
    this.wrapper = wrapper;
    this.allocator = allocator;
  }

  /** Whether there is nothing to undo. */
  static boolean isPlain(String coding) {
    return coding.isBlank() || coding.trim().equalsIgnoreCase("identity");
  }

  /** A decoder of a coding, or {@code null} if it is not understood. */
  static @Nullable BodyDecoder of(String coding, ByteBufAllocator allocator) {
    String name = coding.trim().toLowerCase(Locale.ROOT);
    return switch (name) {
      case "gzip", "x-gzip" -> new BodyDecoder(name, ZlibWrapper.GZIP, allocator);
      // Some clients leave the wrapper out.
      case "deflate" -> new BodyDecoder(name, ZlibWrapper.ZLIB_OR_NONE, allocator);
      default -> null;
    };
  }

  /** Name of the coding. */
  String coding() {
    return coding;
  }

  /**
   * Unpacks a piece, which the caller keeps.
   *
   * @param out takes over what comes out; false: no more of it
   * @throws DecompressionException if it is not what the coding says
   */
  void decode(ByteBuf piece, Predicate<ByteBuf> out) {
    while (piece.isReadable()) {
      ByteBuf slice = piece.readRetainedSlice(Math.min(SLICE_BYTES, piece.readableBytes()));
      if (!feed(slice, out)) {
        return;
      }
    }
  }

  private boolean feed(ByteBuf slice, Predicate<ByteBuf> out) {
    ByteBuf rest = slice;
    while (rest != null) {
      EmbeddedChannel unpacking = channel;
      if (unpacking == null) {
        unpacking = begin(rest);
      }
      Member now = member;
      unpacking.writeInbound(rest);
      boolean wanted = true;
      ByteBuf unpacked;
      while (wanted && (unpacked = unpacking.readInbound()) != null) {
        wanted = out.test(unpacked);
      }
      if (!wanted) {
        return false;
      }
      rest = now == null ? null : now.takeRest();
      if (rest != null) {
        close();
      }
    }
    return true;
  }

  private EmbeddedChannel begin(ByteBuf first) {
    members++;
    if (members > 1 && (wrapper != ZlibWrapper.GZIP || members > MOST_MEMBERS)) {
      first.release();
      throw new DecompressionException("there is more behind its end");
    }
    Member next = new Member(wrapper);
    EmbeddedChannel unpacking = new EmbeddedChannel();
    unpacking.config().setAllocator(allocator);
    unpacking.pipeline().addLast(next);
    member = next;
    channel = unpacking;
    return unpacking;
  }

  /** Whether the coding came to its end. */
  boolean isComplete() {
    Member last = member;
    return last == null || last.isClosed();
  }

  /** Gives everything back. */
  void close() {
    EmbeddedChannel unpacking = channel;
    channel = null;
    if (unpacking == null) {
      return;
    }
    try {
      unpacking.finishAndReleaseAll();
    } catch (DecompressionException toldAlready) {
      // The torn end is tried once more when a decoder is closed.
      return;
    } finally {
      Member last = member;
      ReferenceCountUtil.release(last == null ? null : last.takeRest());
    }
  }

  /** Netty's decoder, which would throw away what follows the end. */
  private static final class Member extends JdkZlibDecoder {
    private @Nullable ByteBuf rest;

    Member(ZlibWrapper wrapper) {
      super(wrapper, 0);
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out)
        throws Exception {
      if (isClosed() && in.isReadable()) {
        rest = in.readBytes(in.readableBytes());
      } else {
        super.decode(ctx, in, out);
      }
    }

    @Nullable ByteBuf takeRest() {
      ByteBuf taken = rest;
      rest = null;
      return taken;
    }
  }
}
