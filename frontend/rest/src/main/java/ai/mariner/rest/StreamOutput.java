package ai.mariner.rest;

import ai.mariner.core.message.Body;
import ai.mariner.core.message.Reply;
import ai.mariner.net.NettyBody;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import java.nio.ByteBuffer;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Writes the answer of one stream of HTTP/2. */
@SuppressWarnings("FutureReturnValueIgnored") // Outcomes arrive as events of the channel.
final class StreamOutput extends ConnectionOutput {
  /** Bodies leave in frames of at most so many bytes, so that it is seen how far they have come. */
  private static final int FRAME_BYTES = 64 * 1024;

  private static final int STATUS_AT = "HTTP/1.1 ".length();
  private static final int STATUS_DIGITS = 3;

  /** What HTTP/2 says in frames. */
  private static final Set<AsciiString> OF_CONNECTIONS =
      Set.of(AsciiString.cached("connection"), AsciiString.cached("transfer-encoding"));

  private long unsentBytes;

  StreamOutput(ChannelHandlerContext ctx, AnswerEncoder encoder) {
    super(ctx, encoder);
  }

  @Override
  long unsentBytes() {
    return unsentBytes;
  }

  @Override
  void writeContinue() {
    ctx.write(new DefaultHttp2HeadersFrame(new DefaultHttp2Headers().status("100"), false));
  }

  @Override
  void sendWhole(Exchange exchange, Reply reply, long told, boolean sent) {
    Body body = reply.body();
    boolean bodied = sent && body.size() > 0;
    ctx.write(new DefaultHttp2HeadersFrame(headers(exchange, reply, told), !bodied));
    if (bodied) {
      send(body, true, ctx.newPromise());
    } else {
      body.release();
    }
  }

  @Override
  void sendPiece(Exchange exchange, @Nullable Reply head, Body body, ChannelPromise sent) {
    if (head != null) {
      Http2Headers headers = headers(exchange, head, AnswerEncoder.CHUNKED);
      ctx.write(new DefaultHttp2HeadersFrame(headers, false));
    }
    if (body.size() == 0 || exchange.isHeadRequest()) {
      body.release();
      sent.setSuccess();
    } else {
      send(body, false, sent);
    }
  }

  @Override
  void sendEnd(Exchange exchange, Body body) {
    if (body.size() == 0 || exchange.isHeadRequest()) {
      body.release();
      ctx.write(new DefaultHttp2DataFrame(true));
    } else {
      send(body, true, ctx.newPromise());
    }
  }

  private void send(Body body, boolean last, ChannelPromise sent) {
    ByteBuf bytes;
    if (body instanceof NettyBody netty) {
      bytes = netty.buffer();
    } else {
      bytes = Unpooled.wrappedBuffer(body.pieces().toArray(ByteBuffer[]::new));
      sent.addListener(unused -> body.release());
    }
    while (bytes.readableBytes() > FRAME_BYTES) {
      frame(bytes.readRetainedSlice(FRAME_BYTES), false, ctx.newPromise());
    }
    frame(bytes, last, sent);
  }

  private void frame(ByteBuf bytes, boolean last, ChannelPromise sent) {
    int size = bytes.readableBytes();
    unsentBytes += size;
    sent.addListener(unused -> unsentBytes -= size);
    ctx.write(new DefaultHttp2DataFrame(bytes, last), sent);
  }

  /** What HTTP/1 would say in lines, without what concerns a connection. */
  private Http2Headers headers(Exchange exchange, Reply reply, long told) {
    ByteBuf text = ctx.alloc().heapBuffer(AnswerEncoder.HEAD_BYTES);
    try {
      encoder.head(text, reply, exchange, told);
      byte[] bytes = new byte[text.readableBytes()];
      text.readBytes(bytes);
      return read(bytes);
    } finally {
      text.release();
    }
  }

  private static Http2Headers read(byte[] text) {
    Http2Headers headers = new DefaultHttp2Headers(false);
    headers.status(new AsciiString(text, STATUS_AT, STATUS_DIGITS, true));
    int begin = lineEnd(text, 0) + 2;
    for (int end = lineEnd(text, begin); end > begin; end = lineEnd(text, begin)) {
      int colon = begin;
      while (text[colon] != ':') {
        colon++;
      }
      AsciiString name = new AsciiString(text, begin, colon - begin, true).toLowerCase();
      if (!OF_CONNECTIONS.contains(name)) {
        int value = colon + 2;
        headers.add(name, new AsciiString(text, value, end - value, true));
      }
      begin = end + 2;
    }
    return headers;
  }

  private static int lineEnd(byte[] text, int from) {
    int at = from;
    while (text[at] != '\r') {
      at++;
    }
    return at;
  }
}
