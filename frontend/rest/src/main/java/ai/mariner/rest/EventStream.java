package ai.mariner.rest;

import ai.mariner.core.message.Body;
import ai.mariner.core.message.Reply;
import ai.mariner.net.NettyBody;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.util.ByteProcessor;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Writes pieces of an answer as server-sent events, as the HTML standard has them: a line {@code
 * data:} for each line of a piece, so that a reader gets the piece back whole.
 */
final class EventStream {
  private static final String TYPE = "text/event-stream";
  private static final String FULL_TYPE = TYPE + "; charset=utf-8";
  private static final Reply.Header FRESH = new Reply.Header("Cache-Control", "no-cache");
  private static final Reply.Header UNBUFFERED = new Reply.Header("X-Accel-Buffering", "no");
  private static final byte[] DATA = ascii("data: ");
  private static final byte[] BASE64_EVENT = ascii("event: base64\ndata: ");
  private static final byte[] ERROR_EVENT = ascii("event: error\n");
  private static final byte[] COMMENT = ascii(": keep-alive\n\n");

  /** Never within a value: JSON's texts have no line ends of their own. */
  private static final Pattern JSON_LINE_END = Pattern.compile("\\n *");

  private static final int FIELD_BYTES = 64;

  private EventStream() {}

  /**
   * Whether an answer can be told in events: one of success, with a body, that is not made of
   * events by its handler already.
   */
  static boolean suits(Reply reply) {
    return isSuccess(reply) && !isEvents(reply);
  }

  /** Whether an answer is one of success, with a body. */
  static boolean isSuccess(Reply reply) {
    Integer status = reply.status();
    return status == null || (status >= 200 && status < 300 && status != 204);
  }

  private static boolean isEvents(Reply reply) {
    String type = reply.contentType();
    return type != null && type.toLowerCase(Locale.ROOT).startsWith(TYPE);
  }

  /** The same status and headers for an answer of events, with this body. */
  static Reply head(Reply reply, Body body) {
    List<Reply.Header> headers = new ArrayList<>(reply.headers());
    if (headers.stream().noneMatch(header -> header.name().equalsIgnoreCase(FRESH.name()))) {
      headers.add(FRESH);
    }
    headers.add(UNBUFFERED);
    String own = reply.contentType();
    String type = own != null && isEvents(reply) ? own : FULL_TYPE;
    return new Reply(reply.status(), reply.reason(), type, List.copyOf(headers), body);
  }

  /**
   * One event.
   *
   * @param piece what it carries, in base64 and named so unless it is UTF-8; given back here
   */
  static NettyBody event(ByteBufAllocator allocator, Body piece) {
    try {
      ByteBuf bytes = bytes(piece);
      ByteBuf out = allocator.ioBuffer(bytes.readableBytes() + FIELD_BYTES);
      if (ByteBufUtil.isText(bytes, StandardCharsets.UTF_8)) {
        dataLines(out, bytes);
      } else {
        out.writeBytes(BASE64_EVENT);
        out.writeBytes(Base64.getEncoder().encode(bytes.array()));
        out.writeByte('\n');
      }
      out.writeByte('\n');
      return NettyBody.owning(out);
    } finally {
      piece.release();
    }
  }

  /**
   * The event that tells why no more will come. JSON is put on one line, so that readers who take
   * events for lines can read it.
   *
   * @param failure its body is given back here
   */
  static NettyBody error(ByteBufAllocator allocator, Reply failure) {
    Body told = failure.body();
    try {
      String text = StandardCharsets.UTF_8.decode(told.bytes()).toString().strip();
      if (Replies.JSON.equals(failure.contentType())) {
        text = JSON_LINE_END.matcher(text).replaceAll(" ");
      }
      ByteBuf bytes = Unpooled.copiedBuffer(text, StandardCharsets.UTF_8);
      ByteBuf out = allocator.ioBuffer(bytes.readableBytes() + FIELD_BYTES);
      out.writeBytes(ERROR_EVENT);
      dataLines(out, bytes);
      out.writeByte('\n');
      return NettyBody.owning(out);
    } finally {
      told.release();
    }
  }

  /** What readers skip; it shows them, and what lies between, that the stream lives. */
  static Body comment() {
    return Body.of(COMMENT);
  }

  private static void dataLines(ByteBuf out, ByteBuf bytes) {
    int from = bytes.readerIndex();
    int end = bytes.writerIndex();
    while (true) {
      int lineEnd = bytes.forEachByte(from, end - from, ByteProcessor.FIND_CRLF);
      int to = lineEnd < 0 ? end : lineEnd;
      out.writeBytes(DATA);
      out.writeBytes(bytes, from, to - from);
      out.writeByte('\n');
      if (lineEnd < 0) {
        return;
      }
      boolean pair = bytes.getByte(to) == '\r' && to + 1 < end && bytes.getByte(to + 1) == '\n';
      from = to + (pair ? 2 : 1);
    }
  }

  /** A copy: its bytes are looked at one by one, which is slow in a shared buffer. */
  private static ByteBuf bytes(Body body) {
    byte[] copy = new byte[body.size()];
    body.bytes().get(copy);
    return Unpooled.wrappedBuffer(copy);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
