package ai.mariner.rest;

import ai.mariner.core.message.Reply;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Writes status lines and headers straight into a buffer. Immutable; shared by all connections. */
final class AnswerEncoder {
  /** Room for a status line and the headers that every answer has. */
  static final int HEAD_BYTES = 512;

  /** The body comes in chunks. */
  static final long CHUNKED = -1;

  /** The body ends when the connection does. */
  static final long UNTIL_CLOSE = -2;

  /** There is no body and no word about it. */
  static final long NO_BODY = -3;

  private static final byte[] HTTP = ascii("HTTP/1.1 ");
  private static final byte[] CRLF = ascii("\r\n");
  private static final byte[] REQUEST_ID = ascii("x-request-id: ");
  private static final byte[] CONTENT_TYPE = ascii("content-type: ");
  private static final byte[] CONTENT_LENGTH = ascii("content-length: ");
  private static final byte[] TRANSFER_ENCODING = ascii("transfer-encoding: chunked\r\n");
  private static final byte[] KEEP_ALIVE = ascii("connection: keep-alive\r\n\r\n");
  private static final byte[] CLOSE = ascii("connection: close\r\n\r\n");
  private static final byte[] LINE_200 = ascii("HTTP/1.1 200 OK\r\n");
  private static final StandardHeaders STANDARD =
      new StandardHeaders(
          List.of(
              new Reply.Header("Pragma", "no-cache"),
              new Reply.Header("Cache-Control", "no-cache; no-store, must-revalidate, private"),
              new Reply.Header("Expires", "Thu, 01 Jan 1970 00:00:00 UTC")));

  private final CrossOrigin crossOrigin;

  AnswerEncoder(CrossOrigin crossOrigin) {
    this.crossOrigin = crossOrigin;
  }

  /**
   * Writes everything up to the body.
   *
   * @param out where to
   * @param reply status and headers; they must be clean, see {@link Replies#problem}
   * @param exchange the request that is answered
   * @param bodyBytes size of the body, or one of the constants here
   */
  void head(ByteBuf out, Reply reply, Exchange exchange, long bodyBytes) {
    statusLine(out, reply.status(), reply.reason());
    out.writeBytes(REQUEST_ID);
    ByteBufUtil.writeAscii(out, exchange.label());
    out.writeBytes(CRLF);
    StandardHeaders origins = crossOrigin.headers(exchange.request().headers());
    if (reply.headers().isEmpty()) {
      STANDARD.write(out);
      origins.write(out);
    } else {
      ownHeaders(out, reply, origins.list());
    }
    String contentType = reply.contentType();
    if (contentType != null) {
      out.writeBytes(CONTENT_TYPE);
      ByteBufUtil.writeUtf8(out, contentType);
      out.writeBytes(CRLF);
    }
    if (bodyBytes >= 0) {
      out.writeBytes(CONTENT_LENGTH);
      ByteBufUtil.writeAscii(out, Long.toString(bodyBytes));
      out.writeBytes(CRLF);
    } else if (bodyBytes == CHUNKED) {
      out.writeBytes(TRANSFER_ENCODING);
    }
    out.writeBytes(exchange.keepAlive() ? KEEP_ALIVE : CLOSE);
  }

  private static void statusLine(ByteBuf out, @Nullable Integer status, @Nullable String reason) {
    boolean plain = reason == null || reason.isEmpty();
    if (plain && (status == null || status == 200)) {
      out.writeBytes(LINE_200);
      return;
    }
    int code = status == null ? 200 : status;
    out.writeBytes(HTTP);
    ByteBufUtil.writeAscii(out, Integer.toString(code));
    out.writeByte(' ');
    ByteBufUtil.writeUtf8(out, reason == null || reason.isEmpty() ? phrase(code) : reason);
    out.writeBytes(CRLF);
  }

  private static String phrase(int code) {
    return code == 499 ? "Client Closed Request" : HttpResponseStatus.valueOf(code).reasonPhrase();
  }

  /** The handler's headers, then those of the standard ones that it did not set. */
  private static void ownHeaders(ByteBuf out, Reply reply, List<Reply.Header> origins) {
    for (Reply.Header header : reply.headers()) {
      if (!isOurs(header.name(), reply.contentType() != null)) {
        write(out, header);
      }
    }
    others(out, reply, STANDARD.list());
    others(out, reply, origins);
  }

  private static void others(ByteBuf out, Reply reply, List<Reply.Header> standard) {
    for (Reply.Header header : standard) {
      // Each Vary adds to what an answer depends on.
      if (header.name().equals("Vary") || !has(reply.headers(), header.name())) {
        write(out, header);
      }
    }
  }

  /** Framing and the request id are the server's business, {@code ts_stream_next} the worker's. */
  private static boolean isOurs(String name, boolean typed) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "content-length",
          "transfer-encoding",
          "connection",
          "keep-alive",
          "upgrade",
          "trailer",
          "x-request-id",
          "ts_stream_next" ->
          true;
      case "content-type" -> typed;
      default -> false;
    };
  }

  private static boolean has(List<Reply.Header> headers, String name) {
    for (Reply.Header header : headers) {
      if (header.name().equalsIgnoreCase(name)) {
        return true;
      }
    }
    return false;
  }

  private static void write(ByteBuf out, Reply.Header header) {
    ByteBufUtil.writeAscii(out, header.name());
    out.writeByte(':').writeByte(' ');
    ByteBufUtil.writeUtf8(out, header.value());
    out.writeBytes(CRLF);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
