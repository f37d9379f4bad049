package ai.mariner.rest;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpRequestDecoder;
import java.util.function.LongSupplier;

/** Netty's parser, which here refuses what two parsers could read in two ways. */
final class RequestDecoder extends HttpRequestDecoder implements HeadWatch {
  private static final int MAX_PIECE_BYTES = 1 << 20;

  private final LongSupplier clock;
  private boolean midRequest;
  private long headBeganNanos;

  /**
   * Makes a parser for one connection.
   *
   * @param maxHeaderBytes size of the request line, and of all headers of a request
   * @param clock monotonic time in nanoseconds
   */
  RequestDecoder(int maxHeaderBytes, LongSupplier clock) {
    super(
        new HttpDecoderConfig()
            .setMaxInitialLineLength(maxHeaderBytes)
            .setMaxHeaderSize(maxHeaderBytes)
            .setMaxChunkSize(MAX_PIECE_BYTES)
            .setAllowDuplicateContentLengths(false)
            .setStrictLineParsing(true)
            .setUseRfc9112TransferEncoding(true));
    this.clock = clock;
  }

  @Override
  public boolean midRequest() {
    return midRequest;
  }

  @Override
  public long headBeganNanos() {
    return headBeganNanos;
  }

  @Override
  public void requestSeen() {
    midRequest = false;
    began(actualReadableBytes() > 0);
  }

  private void began(boolean anything) {
    if (anything && !midRequest) {
      midRequest = true;
      headBeganNanos = clock.getAsLong();
    }
  }

  /** Old clients send a line end behind a body; it begins nothing. */
  private static boolean isMoreThanLineEnds(ByteBuf bytes) {
    for (int i = bytes.readerIndex(); i < bytes.writerIndex(); i++) {
      if (bytes.getByte(i) != '\r' && bytes.getByte(i) != '\n') {
        return true;
      }
    }
    return false;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object msg) throws Exception {
    began(!(msg instanceof ByteBuf bytes) || isMoreThanLineEnds(bytes));
    super.channelRead(ctx, msg);
  }

  /** Netty would drop the length; a peer in front of us may have trusted it. */
  @Override
  protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
    throw new IllegalArgumentException(
        "Content-Length and Transfer-Encoding in one request (expected: one of them)");
  }
}
