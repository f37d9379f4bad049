package ai.mariner.worker.wire;

import ai.mariner.core.message.Body;
import ai.mariner.core.message.Reply;
import ai.mariner.core.worker.ItemReply;
import ai.mariner.core.worker.WorkerError;
import ai.mariner.net.NettyBody;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the worker's frames. Every length is checked against what is there before anything is made
 * of it.
 *
 * <p>Bodies are slices of the input, so nothing is copied.
 */
public final class ReplyDecoder {
  private static final int SPENT = 1;
  private static final int END = 1;
  private static final int MAX_ITEMS = 65_536;

  /** With it and the length field, a frame still has a size that fits an {@code int}. */
  private static final int MAX_LENGTH = Integer.MAX_VALUE - Frame.LENGTH_BYTES;

  private static final int MAX_FIELD_BYTES = 16 * 1024 * 1024;

  private final int maxItemBytes;

  /**
   * Makes a decoder.
   *
   * @param maxResponseBytes most bytes of one answer's body; headers may add to that
   */
  public ReplyDecoder(int maxResponseBytes) {
    this.maxItemBytes = (int) Math.min(Integer.MAX_VALUE, maxResponseBytes + 1024L * 1024L);
  }

  /**
   * Reads one frame if it is there as a whole.
   *
   * @param in input; its reader index moves behind the frame
   * @param handler takes what was read
   * @return 0 when a frame was read, else the bytes that the frame at the reader index has in all
   *     (or the header, when that is not there)
   * @throws WireException if the bytes are not a frame
   */
  public int decode(ByteBuf in, ReplyHandler handler) {
    int readable = in.readableBytes();
    int at = in.readerIndex();
    if (readable >= Frame.LENGTH_BYTES) {
      checkLength(in.getInt(at));
    }
    if (readable < Frame.HEADER_BYTES) {
      return Frame.HEADER_BYTES;
    }
    int length = in.getInt(at);
    int version = in.getUnsignedByte(at + 4);
    FrameType type = FrameType.ofCode(in.getUnsignedByte(at + 5));
    if (version != Frame.VERSION) {
      throw new WireException("version: " + version + " (expected: " + Frame.VERSION + ")");
    }
    if (type == null) {
      throw new WireException("type: " + in.getUnsignedByte(at + 5) + " (expected: a known one)");
    }
    int count = in.getInt(at + 20);
    checkLength(type, length, count);
    int total = Frame.LENGTH_BYTES + length;
    if (readable < total) {
      return total;
    }
    int flags = in.getUnsignedShort(at + 6);
    int model = in.getInt(at + 8);
    long run = in.getLong(at + 12);
    in.skipBytes(Frame.HEADER_BYTES);
    read(in.readSlice(length - Frame.REST_BYTES), type, flags, model, run, count, handler);
    return 0;
  }

  private static void checkLength(int length) {
    if (length < Frame.REST_BYTES || length > MAX_LENGTH) {
      throw new WireException(
          "length: " + (length & 0xFFFFFFFFL) + " (expected: 20 to " + MAX_LENGTH + ")");
    }
  }

  private void checkLength(FrameType type, int length, int count) {
    long most =
        switch (type) {
          case RESULT, PIECE -> {
            if (count < 0 || count > MAX_ITEMS) {
              throw new WireException("count: " + count + " (expected: 0 to " + MAX_ITEMS + ")");
            }
            yield Frame.REST_BYTES + (long) count * maxItemBytes;
          }
          default -> MAX_FIELD_BYTES;
        };
    if (length > most) {
      throw new WireException(
          type + " frame of " + length + " bytes (expected: at most " + most + ")");
    }
  }

  private static void read(
      ByteBuf payload,
      FrameType type,
      int flags,
      int model,
      long run,
      int count,
      ReplyHandler handler) {
    switch (type) {
      case HELLO, LOADED -> handler.fields(type, model, fields(payload));
      case RESULT, PIECE ->
          handler.replies(type, model, run, items(payload, count), (flags & SPENT) != 0);
      case UNLOADED, HEARTBEAT -> {
        end(payload);
        handler.bare(type, model, run);
      }
      default -> throw new WireException("type: " + type + " (expected: a worker's frame)");
    }
  }

  private static Map<String, String> fields(ByteBuf payload) {
    Map<String, String> fields = new HashMap<>();
    while (payload.isReadable()) {
      need(payload, 6);
      int nameBytes = payload.readUnsignedShort();
      int valueBytes = payload.readInt();
      String name = text(payload, nameBytes);
      fields.put(name, text(payload, valueBytes));
    }
    return fields;
  }

  private static List<ItemReply> items(ByteBuf payload, int count) {
    if (count > payload.readableBytes() / Frame.REPLY_ITEM_BYTES) {
      throw new WireException(
          "count: "
              + count
              + " (expected: as many as fit in "
              + payload.readableBytes()
              + " bytes)");
    }
    if (count == 1) {
      ItemReply only = item(payload);
      try {
        end(payload);
      } catch (WireException e) {
        only.reply().body().release();
        throw e;
      }
      return List.of(only);
    }
    List<ItemReply> items = new ArrayList<>(count);
    try {
      for (int i = 0; i < count; i++) {
        items.add(item(payload));
      }
      end(payload);
    } catch (WireException e) {
      items.forEach(item -> item.reply().body().release());
      throw e;
    }
    return items;
  }

  private static ItemReply item(ByteBuf payload) {
    need(payload, Frame.REPLY_ITEM_BYTES);
    long id = payload.readLong();
    int status = payload.readUnsignedShort();
    int flags = payload.readUnsignedByte();
    int errorCode = payload.readUnsignedByte();
    int reasonBytes = payload.readUnsignedShort();
    int typeBytes = payload.readUnsignedShort();
    int headerBytes = payload.readInt();
    int bodyBytes = payload.readInt();
    String reason = reasonBytes == 0 ? null : text(payload, reasonBytes);
    String contentType = typeBytes == 0 ? null : text(payload, typeBytes);
    need(payload, headerBytes);
    List<Reply.Header> headers =
        headerBytes == 0 ? List.of() : headers(payload.readSlice(headerBytes));
    need(payload, bodyBytes);
    Body body =
        bodyBytes == 0 ? Body.empty() : NettyBody.owning(payload.readRetainedSlice(bodyBytes));
    Reply reply = new Reply(status == 0 ? null : status, reason, contentType, headers, body);
    return new ItemReply(id, (flags & END) != 0, error(errorCode), reply);
  }

  private static @Nullable WorkerError error(int code) {
    if (code == 0) {
      return null;
    }
    WorkerError error = WorkerError.ofCode(code);
    // A code that a newer worker knows is still an error.
    return error == null ? WorkerError.HANDLER_EXCEPTION : error;
  }

  private static List<Reply.Header> headers(ByteBuf block) {
    List<Reply.Header> headers = new ArrayList<>(4);
    while (block.isReadable()) {
      need(block, 6);
      int nameBytes = block.readUnsignedShort();
      int valueBytes = block.readInt();
      String name = text(block, nameBytes);
      headers.add(new Reply.Header(name, text(block, valueBytes)));
    }
    return headers;
  }

  private static String text(ByteBuf in, int bytes) {
    need(in, bytes);
    return in.readCharSequence(bytes, StandardCharsets.UTF_8).toString();
  }

  private static void need(ByteBuf in, int bytes) {
    if (bytes < 0 || bytes > in.readableBytes()) {
      throw new WireException(
          "length: "
              + (bytes & 0xFFFFFFFFL)
              + " (expected: at most the "
              + in.readableBytes()
              + " bytes that are left)");
    }
  }

  private static void end(ByteBuf payload) {
    if (payload.isReadable()) {
      throw new WireException(payload.readableBytes() + " bytes too many at the end of a frame");
    }
  }
}
