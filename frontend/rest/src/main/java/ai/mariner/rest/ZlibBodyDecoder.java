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
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Undoes gzip or deflate. */
final class ZlibBodyDecoder extends BodyDecoder {
  /** So little is unpacked at once, that no bomb gets far beyond a limit: the ratio is 1 : 1032. */
  private static final int SLICE_BYTES = 2048;

  /** Each gzip member costs something; files that were joined have few. */
  private static final int MOST_MEMBERS = 1000;

  private final ZlibWrapper wrapper;
  private final ByteBufAllocator allocator;
  private @Nullable Member member;
  private @Nullable EmbeddedChannel channel;
  private int members;

  ZlibBodyDecoder(String coding, ZlibWrapper wrapper, ByteBufAllocator allocator) {
    super(coding);
    this.wrapper = wrapper;
    this.allocator = allocator;
  }

  @Override
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

  @Override
  boolean isComplete() {
    Member last = member;
    return last == null || last.isClosed();
  }

  @Override
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
