package ai.mariner.rest;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpRequestDecoder;

/** Netty's parser, which here refuses what two parsers could read in two ways. */
final class RequestDecoder extends HttpRequestDecoder {
  private static final int MAX_PIECE_BYTES = 1 << 20;

  private boolean midRequest;

  /**
   * Makes a parser for one connection.
   *
   * @param maxHeaderBytes size of the request line, and of all headers of a request
   */
  RequestDecoder(int maxHeaderBytes) {
    super(
        new HttpDecoderConfig()
            .setMaxInitialLineLength(maxHeaderBytes)
            .setMaxHeaderSize(maxHeaderBytes)
            .setMaxChunkSize(MAX_PIECE_BYTES)
            .setAllowDuplicateContentLengths(false)
            .setStrictLineParsing(true)
            .setUseRfc9112TransferEncoding(true));
  }

  /** Whether bytes have come since the last {@link #requestSeen}. */
  boolean midRequest() {
    return midRequest;
  }

  /** Notes that everything received so far has become a message. */
  void requestSeen() {
    midRequest = actualReadableBytes() > 0;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object msg) throws Exception {
    midRequest = true;
    super.channelRead(ctx, msg);
  }

  /** Netty would drop the length; a peer in front of us may have trusted it. */
  @Override
  protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
    throw new IllegalArgumentException(
        "Content-Length and Transfer-Encoding in one request (expected: one of them)");
  }
}
