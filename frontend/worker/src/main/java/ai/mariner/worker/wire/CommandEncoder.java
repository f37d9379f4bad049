package ai.mariner.worker.wire;

import ai.mariner.core.message.Body;
import ai.mariner.core.message.Headers;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.InputPart;
import ai.mariner.core.message.Operation;
import ai.mariner.core.message.Sequence;
import ai.mariner.core.worker.RunItem;
import ai.mariner.net.NettyBody;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes the frontend's frames. */
public final class CommandEncoder {
  /** Bodies up to this size are copied into the frame; larger ones go out from where they are. */
  private static final int COPY_UP_TO = 8 * 1024;

  private static final int SEQUENCE_START = 1;
  private static final int SEQUENCE_END = 2;
  private static final int STREAM = 4;
  private static final int ENTRY = 16;
  private static final int EXIT = 32;

  /** Of the frame. */
  private static final int ALONE = 1;

  private final ByteBufAllocator allocator;

  /** Makes an encoder that takes its buffers from the allocator. */
  public CommandEncoder(ByteBufAllocator allocator) {
    this.allocator = allocator;
  }

  /**
   * A PREDICT, EXPLAIN or DESCRIBE frame.
   *
   * @param model handle of the model
   * @param runId id of the run
   * @param operation what to do
   * @param items requests in batch order
   * @param nowNanos time that the items' deadlines are measured from
   * @return buffers to be written in this order; the caller owns them
   */
  public List<ByteBuf> run(
      int model, long runId, Operation operation, List<? extends RunItem> items, long nowNanos) {
    FrameType type =
        switch (operation) {
          case PREDICT -> FrameType.PREDICT;
          case EXPLAIN -> FrameType.EXPLAIN;
          case DESCRIBE -> FrameType.DESCRIBE;
        };
    ByteBuf out = allocator.ioBuffer(estimate(items));
    List<Outside> outside = new ArrayList<>(0);
    try {
      boolean alone = items.size() == 1 && items.get(0).alone();
      writeHeader(out, type, alone ? ALONE : 0, model, runId, items.size());
      for (int i = 0; i < items.size(); i++) {
        writeItem(out, items.get(i), nowNanos, outside);
      }
      long length = (long) out.writerIndex() - Frame.LENGTH_BYTES;
      for (Outside body : outside) {
        length += body.buffer().readableBytes();
      }
      if (length > Integer.MAX_VALUE) {
        throw new WireException("batch of " + length + " bytes (expected: below 2 GiB)");
      }
      out.setInt(0, (int) length);
    } catch (RuntimeException e) {
      out.release();
      throw e;
    }
    return outside.isEmpty() ? List.of(out) : interleave(out, outside);
  }

  /** A frame whose payload is a list of named texts. */
  public ByteBuf fields(FrameType type, int model, Map<String, String> fields) {
    ByteBuf out = allocator.ioBuffer(256);
    try {
      writeHeader(out, type, 0, model, 0, 0);
      fields.forEach((name, value) -> writePair(out, name, value));
    } catch (RuntimeException e) {
      out.release();
      throw e;
    }
    out.setInt(0, out.writerIndex() - Frame.LENGTH_BYTES);
    return out;
  }

  /** A CREDIT frame for one item. */
  public ByteBuf credit(int model, long runId, long itemId, int pieces) {
    ByteBuf out = allocator.ioBuffer(Frame.HEADER_BYTES + 12);
    writeHeader(out, FrameType.CREDIT, 0, model, runId, 1);
    out.writeLong(itemId).writeInt(pieces);
    out.setInt(0, out.writerIndex() - Frame.LENGTH_BYTES);
    return out;
  }

  /** A CANCEL frame for one item. */
  public ByteBuf cancel(int model, long runId, long itemId, int reason) {
    ByteBuf out = allocator.ioBuffer(Frame.HEADER_BYTES + 9);
    writeHeader(out, FrameType.CANCEL, 0, model, runId, 1);
    out.writeLong(itemId).writeByte(reason);
    out.setInt(0, out.writerIndex() - Frame.LENGTH_BYTES);
    return out;
  }

  /** A frame without a payload. */
  public ByteBuf bare(FrameType type, int model, long run) {
    ByteBuf out = allocator.ioBuffer(Frame.HEADER_BYTES);
    writeHeader(out, type, 0, model, run, 0);
    return out;
  }

  /** A body that stays where it is, to be written after so many bytes of the frame's own buffer. */
  private record Outside(int position, ByteBuf buffer) {}

  private static int estimate(List<? extends RunItem> items) {
    int bytes = Frame.HEADER_BYTES;
    for (int i = 0; i < items.size(); i++) {
      bytes += Frame.REQUEST_ITEM_BYTES + 192;
      List<InputPart> parts = items.get(i).request().parts();
      for (int p = 0; p < parts.size(); p++) {
        int size = parts.get(p).body().size();
        bytes += 48 + (size <= COPY_UP_TO ? size : 0);
      }
    }
    return bytes;
  }

  private static void writeHeader(
      ByteBuf out, FrameType type, int flags, int model, long run, int count) {
    out.writeInt(Frame.REST_BYTES);
    out.writeByte(Frame.VERSION).writeByte(type.code()).writeShort(flags);
    out.writeInt(model).writeLong(run).writeInt(count);
  }

  private static void writeItem(ByteBuf out, RunItem item, long nowNanos, List<Outside> outside) {
    InferenceRequest request = item.request();
    Sequence sequence = request.sequence();
    int start = out.writerIndex();
    out.writeLong(request.id());
    out.writeInt(millisLeft(item.deadlineNanos(), nowNanos));
    out.writeShort(flags(item, request, sequence));
    out.writeShort(request.parts().size());
    out.writeZero(8);
    out.writeShort(item.route()).writeShort(0);
    out.writeInt(item.credits());
    out.setShort(start + 20, writeText(out, request.label()));
    out.setShort(start + 22, writeText(out, sequence == null ? null : sequence.id()));
    out.setInt(start + 16, writeHeaders(out, request.headers()));
    List<InputPart> parts = request.parts();
    for (int i = 0; i < parts.size(); i++) {
      writePart(out, parts.get(i), outside);
    }
  }

  private static int millisLeft(long deadlineNanos, long nowNanos) {
    if (deadlineNanos == Long.MAX_VALUE) {
      return 0;
    }
    long millis = (deadlineNanos - nowNanos) / 1_000_000;
    return (int) Math.max(1, Math.min(Integer.MAX_VALUE, millis));
  }

  private static int flags(RunItem item, InferenceRequest request, @Nullable Sequence sequence) {
    int flags = request.streaming() ? STREAM : 0;
    flags |= item.entry() ? ENTRY : 0;
    flags |= item.exit() ? EXIT : 0;
    if (sequence != null) {
      flags |= sequence.start() ? SEQUENCE_START : 0;
      flags |= sequence.end() ? SEQUENCE_END : 0;
    }
    return flags;
  }

  private static int writeText(ByteBuf out, @Nullable CharSequence text) {
    if (text == null || text.isEmpty()) {
      return 0;
    }
    int bytes = ByteBufUtil.writeUtf8(out, text);
    if (bytes > 0xFFFF) {
      throw new WireException("text of " + bytes + " bytes (expected: at most 65535)");
    }
    return bytes;
  }

  private static int writeHeaders(ByteBuf out, Headers headers) {
    int start = out.writerIndex();
    HeaderNames names = HeaderNames.of(headers);
    headers.forEach((name, value) -> writePair(out, names.next(name), value));
    return out.writerIndex() - start;
  }

  private static void writePair(ByteBuf out, CharSequence name, CharSequence value) {
    int start = out.writerIndex();
    out.writeZero(6);
    out.setShort(start, writeText(out, name));
    out.setInt(start + 2, value.isEmpty() ? 0 : ByteBufUtil.writeUtf8(out, value));
  }

  private static void writePart(ByteBuf out, InputPart part, List<Outside> outside) {
    int start = out.writerIndex();
    Body body = part.body();
    int size = body.size();
    out.writeZero(4);
    out.writeInt(size);
    out.setShort(start, writeText(out, part.name()));
    out.setShort(start + 2, writeText(out, part.contentType()));
    if (size <= COPY_UP_TO) {
      if (body instanceof NettyBody netty) {
        ByteBuf buffer = netty.buffer();
        out.writeBytes(buffer, buffer.readerIndex(), size);
      } else {
        body.pieces().forEach(out::writeBytes);
      }
    } else {
      ByteBuf buffer =
          body instanceof NettyBody netty
              ? netty.buffer().duplicate()
              : Unpooled.wrappedBuffer(body.pieces().toArray(ByteBuffer[]::new));
      outside.add(new Outside(out.writerIndex(), buffer));
    }
  }

  private static List<ByteBuf> interleave(ByteBuf out, List<Outside> outside) {
    List<ByteBuf> pieces = new ArrayList<>(2 * outside.size() + 1);
    int from = 0;
    for (Outside body : outside) {
      pieces.add(out.retainedSlice(from, body.position() - from));
      pieces.add(body.buffer().retain());
      from = body.position();
    }
    if (from < out.writerIndex()) {
      pieces.add(out.retainedSlice(from, out.writerIndex() - from));
    }
    out.release();
    return pieces;
  }
}
