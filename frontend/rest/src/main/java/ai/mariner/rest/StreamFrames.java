package ai.mariner.rest;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.HttpConversionUtil;
import io.netty.util.ReferenceCountUtil;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes of the frames of one stream the request that they are, and ends the stream well. */
@SuppressWarnings("FutureReturnValueIgnored") // Outcomes arrive as events of the channel.
final class StreamFrames extends ChannelDuplexHandler {
  private boolean begun;
  private boolean requestEnded;
  private boolean answerEnded;

  /** The last frame that was written; absent: none. */
  private @Nullable ChannelPromise last;

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object frame) {
    if (frame instanceof Http2HeadersFrame headers) {
      if (begun) {
        trailers(ctx, headers);
      } else {
        begun = true;
        head(ctx, headers);
      }
    } else if (frame instanceof Http2DataFrame data) {
      // The bytes go on; the frame is only around them.
      requestEnded = data.isEndStream();
      ctx.fireChannelRead(
          requestEnded
              ? new DefaultLastHttpContent(data.content())
              : new DefaultHttpContent(data.content()));
    } else {
      ReferenceCountUtil.release(frame);
    }
  }

  private void head(ChannelHandlerContext ctx, Http2HeadersFrame frame) {
    HttpRequest request = request(frame);
    if (request == null) {
      ctx.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.PROTOCOL_ERROR));
      return;
    }
    HttpHeaders headers = request.headers();
    for (var own : HttpConversionUtil.ExtensionHeaderNames.values()) {
      headers.remove(own.text());
    }
    if (frame.isEndStream()) {
      headers.remove(HttpHeaderNames.TRANSFER_ENCODING);
    }
    joinCookies(headers);
    ctx.fireChannelRead(request);
    if (frame.isEndStream()) {
      requestEnded = true;
      ctx.fireChannelRead(LastHttpContent.EMPTY_LAST_CONTENT);
    }
  }

  /** The head as one of HTTP/1; absent: it is no request. */
  private static @Nullable HttpRequest request(Http2HeadersFrame frame) {
    CharSequence path = frame.headers().path();
    if (frame.headers().method() == null || path == null || path.length() == 0) {
      return null;
    }
    try {
      return HttpConversionUtil.toHttpRequest(frame.stream().id(), frame.headers(), true);
    } catch (Http2Exception | IllegalArgumentException malformed) {
      return null;
    }
  }

  /** Clients of HTTP/2 may send each cookie in a header of its own. */
  private static void joinCookies(HttpHeaders headers) {
    List<String> cookies = headers.getAll(HttpHeaderNames.COOKIE);
    if (cookies.size() > 1) {
      headers.set(HttpHeaderNames.COOKIE, String.join("; ", cookies));
    }
  }

  private void trailers(ChannelHandlerContext ctx, Http2HeadersFrame frame) {
    if (frame.isEndStream() && !requestEnded) {
      requestEnded = true;
      ctx.fireChannelRead(LastHttpContent.EMPTY_LAST_CONTENT);
    }
  }

  @Override
  public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
    if (message instanceof ByteBuf mark) {
      // Only asks when all before it has been written.
      mark.release();
      ChannelPromise before = last;
      if (before == null) {
        promise.setSuccess();
      } else {
        before.addListener(unused -> promise.setSuccess());
      }
      return;
    }
    answerEnded |=
        (message instanceof Http2DataFrame data && data.isEndStream())
            || (message instanceof Http2HeadersFrame headers && headers.isEndStream());
    ChannelPromise written = promise.unvoid();
    last = written;
    ctx.write(message, written);
  }

  /** An answer that is whole counts, though not all of the request was read. */
  @Override
  public void close(ChannelHandlerContext ctx, ChannelPromise promise) {
    if (answerEnded && !requestEnded) {
      ctx.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.NO_ERROR));
    }
    ctx.close(promise);
  }
}
