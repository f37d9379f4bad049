package ai.mariner.rest;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2GoAwayFrame;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A client of HTTP/2 on one connection in memory. */
final class StreamWire implements AutoCloseable {
  /** What came of one stream. */
  static final class Answer {
    final StringBuilder body = new StringBuilder();
    @Nullable Http2Headers headers;
    @Nullable Http2Error reset;
    boolean ended;
    int frames;

    String status() {
      Http2Headers known = headers;
      return known == null ? "none" : String.valueOf(known.status());
    }

    String header(String name) {
      Http2Headers known = headers;
      return known == null ? "none" : String.valueOf(known.get(name));
    }
  }

  final Wire server;
  private final Map<Http2StreamChannel, Answer> answers = new HashMap<>();
  private final EmbeddedChannel client =
      new EmbeddedChannel(
          Http2FrameCodecBuilder.forClient().validateHeaders(false).build(),
          new Http2MultiplexHandler(new Connection()),
          new Connection());
  private boolean told;

  StreamWire(Listener listener) {
    this.server = new Wire(listener);
  }

  /** Lets everything that was sent arrive. */
  StreamWire pump() {
    boolean moved = true;
    while (moved) {
      client.runPendingTasks();
      server.channel.runPendingTasks();
      moved = move(client, server.channel) | move(server.channel, client);
    }
    return this;
  }

  private static boolean move(EmbeddedChannel from, EmbeddedChannel to) {
    boolean moved = false;
    ByteBuf bytes;
    while ((bytes = from.readOutbound()) != null) {
      moved |= bytes.isReadable();
      if (to.isOpen()) {
        to.writeInbound(Unpooled.copiedBuffer(bytes));
      }
      bytes.release();
    }
    return moved;
  }

  /** Everything that the client has to say, byte by byte. */
  StreamWire drip() {
    ByteBuf bytes;
    while ((bytes = client.readOutbound()) != null) {
      while (bytes.isReadable()) {
        server.send(new byte[] {bytes.readByte()});
      }
      bytes.release();
    }
    return pump();
  }

  static Http2Headers head(String method, String path) {
    return new DefaultHttp2Headers(false)
        .method(method)
        .path(path)
        .scheme("http")
        .authority("localhost");
  }

  /** Begins a request. */
  Http2StreamChannel open(Http2Headers head, boolean whole) {
    Answer answer = new Answer();
    var opened = new Http2StreamChannelBootstrap(client).handler(new Collector(answer)).open();
    client.runPendingTasks();
    Http2StreamChannel stream = opened.getNow();
    answers.put(stream, answer);
    stream.writeAndFlush(new DefaultHttp2HeadersFrame(head, whole));
    return stream;
  }

  void send(Http2StreamChannel stream, String text, boolean last) {
    ByteBuf bytes = Unpooled.copiedBuffer(text, StandardCharsets.UTF_8);
    stream.writeAndFlush(new DefaultHttp2DataFrame(bytes, last));
  }

  void reset(Http2StreamChannel stream) {
    stream.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.CANCEL));
  }

  /** Does a whole request. */
  Answer ask(String method, String path, String body) {
    Http2StreamChannel stream = open(head(method, path), body.isEmpty());
    if (!body.isEmpty()) {
      send(stream, body, true);
    }
    pump();
    return answer(stream);
  }

  Answer answer(Http2StreamChannel stream) {
    Answer known = answers.get(stream);
    if (known == null) {
      throw new IllegalArgumentException("no stream of this client: " + stream);
    }
    return known;
  }

  /** Whether the server has said that it takes no more. */
  boolean told() {
    return told;
  }

  boolean isOpen() {
    return server.isOpen();
  }

  @Override
  public void close() {
    client.finishAndReleaseAll();
    server.channel.close();
    server.received();
    server.close();
  }

  /** What concerns the whole connection. */
  private final class Connection extends ChannelInboundHandlerAdapter {
    @Override
    public boolean isSharable() {
      return true;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object frame) {
      told |= frame instanceof Http2GoAwayFrame;
      ReferenceCountUtil.release(frame);
    }
  }

  private static final class Collector extends ChannelInboundHandlerAdapter {
    private final Answer answer;

    Collector(Answer answer) {
      this.answer = answer;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object frame) {
      if (frame instanceof Http2HeadersFrame headers) {
        answer.headers = headers.headers();
        answer.ended |= headers.isEndStream();
      } else if (frame instanceof Http2DataFrame data) {
        answer.body.append(data.content().toString(StandardCharsets.UTF_8));
        answer.ended |= data.isEndStream();
        answer.frames++;
      }
      ReferenceCountUtil.release(frame);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      if (event instanceof Http2ResetFrame reset) {
        answer.reset = Http2Error.valueOf(reset.errorCode());
      }
    }
  }
}
