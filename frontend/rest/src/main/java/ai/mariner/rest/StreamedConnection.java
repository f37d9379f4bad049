package ai.mariner.rest;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http2.DefaultHttp2GoAwayFrame;
import io.netty.handler.codec.http2.DefaultHttp2WindowUpdateFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A connection of HTTP/2, whose streams are each a connection for one request. */
@SuppressWarnings("FutureReturnValueIgnored") // Outcomes arrive as events of the channel.
final class StreamedConnection extends ChannelInboundHandlerAdapter {
  private static final Logger log = LoggerFactory.getLogger(StreamedConnection.class);

  /** Requests under way at once; more are refused, and clients know. */
  private static final int MOST_STREAMS = 256;

  /** Bytes of bodies that a client may send ahead of what was taken. */
  private static final int STREAM_WINDOW = 1 << 20;

  private static final int CONNECTION_WINDOW = 4 << 20;
  private static final int FIRST_CONNECTION_WINDOW = 65535;

  /** Streams that a client may open and give up within so many seconds. */
  private static final int MOST_RESETS = 200;

  private static final int RESET_SECONDS = 30;

  private final Listener listener;
  private final Http2FrameCodec codec;
  private boolean draining;
  private long busyNanos;
  private @Nullable Future<?> tick;

  private StreamedConnection(Listener listener, Http2FrameCodec codec) {
    this.listener = listener;
    this.codec = codec;
  }

  /**
   * Puts the handlers of HTTP/2 at the end of a pipeline.
   *
   * @param listener whose connection it is
   * @param maxHeaderBytes size of all headers of a request
   */
  static void install(ChannelPipeline pipeline, Listener listener, int maxHeaderBytes) {
    // Whoever ends the connection ends its streams.
    pipeline.channel().config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, false);
    Http2FrameCodec codec =
        Http2FrameCodecBuilder.forServer()
            .initialSettings(
                Http2Settings.defaultSettings()
                    .maxConcurrentStreams(MOST_STREAMS)
                    .maxHeaderListSize(maxHeaderBytes)
                    .initialWindowSize(STREAM_WINDOW))
            .decoderEnforceMaxRstFramesPerWindow(MOST_RESETS, RESET_SECONDS)
            .gracefulShutdownTimeoutMillis(0)
            .build();
    StreamedConnection connection = new StreamedConnection(listener, codec);
    pipeline.addLast(codec);
    pipeline.addLast(new Http2MultiplexHandler(connection.streams()));
    pipeline.addLast(connection);
  }

  private ChannelInitializer<Channel> streams() {
    return new ChannelInitializer<>() {
      @Override
      protected void initChannel(Channel stream) {
        stream.closeFuture().addListener(unused -> streamEnded(stream.parent()));
        stream.pipeline().addLast(new StreamFrames()).addLast(HttpConnection.ofStream(listener));
      }
    };
  }

  private void streamEnded(Channel channel) {
    busyNanos = now();
    // Not at once: what the stream has written leaves first.
    channel.eventLoop().execute(() -> closeIfDrained(channel));
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    busyNanos = now();
    int more = CONNECTION_WINDOW - FIRST_CONNECTION_WINDOW;
    ctx.writeAndFlush(new DefaultHttp2WindowUpdateFrame(more));
    long period = listener.tickNanos();
    tick =
        ctx.executor()
            .scheduleWithFixedDelay(() -> lookAtClock(ctx), period, period, TimeUnit.NANOSECONDS);
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    Future<?> running = tick;
    if (running != null) {
      running.cancel(false);
    }
  }

  private void lookAtClock(ChannelHandlerContext ctx) {
    if (active() > 0) {
      busyNanos = now();
    } else if (now() - busyNanos >= listener.idleNanos()) {
      ctx.close();
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event == HttpConnection.Event.DRAIN) {
      draining = true;
      ctx.writeAndFlush(new DefaultHttp2GoAwayFrame(Http2Error.NO_ERROR));
      closeIfDrained(ctx.channel());
    }
    ctx.fireUserEventTriggered(event);
  }

  private void closeIfDrained(Channel channel) {
    if (draining && active() == 0) {
      channel.close();
    }
  }

  /** What concerns the whole connection was seen to by the codec. */
  @Override
  public void channelRead(ChannelHandlerContext ctx, Object frame) {
    ReferenceCountUtil.release(frame);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable thrown) {
    log.debug("connection {} ended: {}", ctx.channel(), thrown.toString());
    ctx.close();
  }

  private int active() {
    return codec.connection().numActiveStreams();
  }

  private long now() {
    return listener.context().clock().getAsLong();
  }
}
