package ai.mariner.rest;

import ai.mariner.core.message.Body;
import ai.mariner.core.message.Reply;
import ai.mariner.net.NettyBody;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Writes answers to one connection and decides when to flush: once for everything that was answered
 * while a burst of input was read, at once for a lone answer, else once in a turn of the loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // Outcomes arrive as events of the channel.
class ConnectionOutput {
  private static final int COPIED_BYTES = 8 * 1024;
  private static final int CHUNK_LINE_BYTES = 16;
  private static final byte[] CONTINUE =
      "HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] CRLF = "\r\n".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] LAST_CHUNK = "0\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  final ChannelHandlerContext ctx;
  final AnswerEncoder encoder;
  private boolean reading;
  private boolean dirty;
  private boolean flushScheduled;

  ConnectionOutput(ChannelHandlerContext ctx, AnswerEncoder encoder) {
    this.ctx = ctx;
    this.encoder = encoder;
  }

  /** Input is being handled; its answers are flushed together. */
  void readBegins() {
    reading = true;
  }

  /** The burst of input is over. */
  void readComplete() {
    reading = false;
    flushNow();
  }

  /** Sees to it that what was written leaves; at once when nothing else is under way. */
  void flush(boolean alone) {
    dirty = true;
    if (reading) {
      return;
    }
    if (alone) {
      flushNow();
    } else if (!flushScheduled) {
      flushScheduled = true;
      ctx.executor()
          .execute(
              () -> {
                flushScheduled = false;
                flushNow();
              });
    }
  }

  /** Flushes what was written. */
  void flushNow() {
    if (dirty) {
      dirty = false;
      ctx.flush();
    }
  }

  /** Bytes that were written and are not sent. */
  long unsentBytes() {
    ChannelOutboundBuffer buffer = ctx.channel().unsafe().outboundBuffer();
    long pending = buffer == null ? 0 : buffer.totalPendingWriteBytes();
    return buffer == null || pending == 0 ? 0 : pending - buffer.currentProgress();
  }

  /** Writes the interim answer that asks for the body. */
  void writeContinue() {
    ctx.write(Unpooled.wrappedBuffer(CONTINUE));
    dirty = true;
  }

  /** Writes an answer that is complete. */
  void writeWhole(Exchange exchange, Reply answer) {
    Reply reply = answer;
    if (exchange.inEvents()) {
      Body told = exchange.framesEvents() ? event(answer.body()) : answer.body();
      reply = EventStream.head(answer, told);
    }
    Body body = reply.body();
    Integer status = reply.status();
    boolean bodiless = status != null && (status == 204 || status == 304);
    boolean sent = !bodiless && !exchange.isHeadRequest();
    int size = body.size();
    sendWhole(exchange, reply, bodiless ? AnswerEncoder.NO_BODY : size, sent);
    dirty = true;
  }

  /** Writes head and body; {@code told}: what the head says of the body, as for the encoder. */
  void sendWhole(Exchange exchange, Reply reply, long told, boolean sent) {
    Body body = reply.body();
    int size = body.size();
    boolean copied = size <= COPIED_BYTES;
    int room = AnswerEncoder.HEAD_BYTES + (sent && copied ? size : 0);
    ByteBuf out = ctx.alloc().ioBuffer(room);
    encoder.head(out, reply, exchange, told);
    if (!sent || copied) {
      if (sent) {
        append(out, body);
      }
      body.release();
      ctx.write(out, ctx.voidPromise());
    } else {
      ctx.write(out, ctx.voidPromise());
      write(body, ctx.newPromise());
    }
  }

  /** Writes a piece of a streamed answer, with the head if it is the first. */
  void writePiece(Exchange exchange, Reply piece, boolean first) {
    int size = piece.body().size();
    Body body = exchange.framesEvents() && size > 0 ? event(piece.body()) : piece.body();
    Reply head = null;
    if (first) {
      head = exchange.inEvents() ? EventStream.head(piece, body) : piece;
    }
    ChannelPromise sent = ctx.newPromise();
    sent.addListener(future -> exchange.drained(size));
    sendPiece(exchange, head, body, sent);
    dirty = true;
  }

  /** Writes a piece of a body, behind a head if there is one. */
  void sendPiece(Exchange exchange, @Nullable Reply head, Body body, ChannelPromise sent) {
    int room = head == null ? CHUNK_LINE_BYTES : AnswerEncoder.HEAD_BYTES;
    ByteBuf out = ctx.alloc().ioBuffer(room);
    if (head != null) {
      boolean chunked = !exchange.isHttp10();
      if (!chunked) {
        exchange.closeAfter();
      }
      long told = chunked ? AnswerEncoder.CHUNKED : AnswerEncoder.UNTIL_CLOSE;
      encoder.head(out, head, exchange, told);
    }
    writeChunk(exchange, out, body, sent);
  }

  private Body event(Body piece) {
    return EventStream.event(ctx.alloc(), piece);
  }

  /** Writes the last piece of a streamed answer and its end. */
  void writeLast(Exchange exchange, Reply last) {
    Body body = last.body();
    writeEnd(exchange, exchange.framesEvents() && body.size() > 0 ? event(body) : body);
  }

  /** Writes why a stream of events goes no further, and its end. */
  void writeError(Exchange exchange, Reply failure) {
    writeEnd(exchange, EventStream.error(ctx.alloc(), failure));
  }

  /** Writes what keeps a stream of events alive while it has nothing to tell. */
  void writeComment(Exchange exchange) {
    sendPiece(exchange, null, EventStream.comment(), ctx.newPromise());
    dirty = true;
  }

  private void writeEnd(Exchange exchange, Body body) {
    sendEnd(exchange, body);
    dirty = true;
  }

  /** Writes the last bytes of a body and its end. */
  void sendEnd(Exchange exchange, Body body) {
    ByteBuf out = ctx.alloc().ioBuffer(CHUNK_LINE_BYTES);
    writeChunk(exchange, out, body, ctx.newPromise());
    if (!exchange.isHttp10() && !exchange.isHeadRequest()) {
      ctx.write(Unpooled.wrappedBuffer(LAST_CHUNK), ctx.voidPromise());
    }
  }

  private void writeChunk(Exchange exchange, ByteBuf out, Body body, ChannelPromise written) {
    int size = body.size();
    if (size == 0 || exchange.isHeadRequest()) {
      // A chunk of no bytes would end the answer.
      body.release();
      ctx.write(out, written);
      return;
    }
    boolean chunked = !exchange.isHttp10();
    if (chunked) {
      ByteBufUtil.writeAscii(out, Integer.toHexString(size));
      out.writeBytes(CRLF);
    }
    if (size <= COPIED_BYTES) {
      append(out, body);
      body.release();
      if (chunked) {
        out.writeBytes(CRLF);
      }
      ctx.write(out, written);
      return;
    }
    ctx.write(out, ctx.voidPromise());
    write(body, written);
    if (chunked) {
      ctx.write(Unpooled.wrappedBuffer(CRLF), ctx.voidPromise());
    }
  }

  private static void append(ByteBuf out, Body body) {
    if (body instanceof NettyBody netty) {
      ByteBuf bytes = netty.buffer();
      out.writeBytes(bytes, bytes.readerIndex(), bytes.readableBytes());
    } else {
      out.writeBytes(body.bytes());
    }
  }

  private void write(Body body, ChannelPromise written) {
    if (body instanceof NettyBody netty) {
      ctx.write(netty.buffer(), written);
    } else {
      written.addListener(future -> body.release());
      ByteBuffer[] pieces = body.pieces().toArray(ByteBuffer[]::new);
      ctx.write(Unpooled.wrappedBuffer(pieces.length, pieces), written);
    }
  }
}
