package ai.mariner.bench;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One connection, made again when it is lost; it has one request under way at a time. */
final class HttpClient extends SimpleChannelInboundHandler<HttpObject> {
  private static final int RETRY_MILLIS = 10;
  private static final int MAX_PIECE_BYTES = 1 << 20;

  private final Bootstrap bootstrap;
  private final ByteBuf request;
  private final User user;
  private @Nullable Channel channel;
  private boolean busy;
  private long sinceNanos;
  private int status;
  private boolean keepAlive;
  private boolean readable;
  private boolean tried;

  /** Who sends requests; told on the connection's event loop. */
  interface User {
    /** Whether no more requests are sent. */
    boolean ended();

    /** The connection takes a request. */
    void ready(HttpClient client);

    /** The server could not be reached, which is tried again. */
    void refused(String why);

    /** The first attempt to connect has come to its end. */
    void tried();

    /** The request under way was answered with a status. */
    void answered(HttpClient client, int status);

    /** The end of a request was told, and what follows from it was done. */
    void settled();

    /** The request under way will not be answered. */
    void failed(HttpClient client, String why);

    /** The connection is lost. */
    void lost(HttpClient client);
  }

  /**
   * Plans a connection.
   *
   * @param bootstrap makes it
   * @param request what is sent each time
   */
  HttpClient(Bootstrap bootstrap, ByteBuf request, User user) {
    this.bootstrap = bootstrap;
    this.request = request;
    this.user = user;
  }

  /** Connects, again and again until it works or no more requests are sent. */
  void connect() {
    if (user.ended()) {
      return;
    }
    bootstrap
        .clone()
        .handler(
            new ChannelInitializer<>() {
              @Override
              protected void initChannel(Channel fresh) {
                HttpDecoderConfig config =
                    new HttpDecoderConfig()
                        .setMaxChunkSize(MAX_PIECE_BYTES)
                        .setValidateHeaders(false);
                fresh.pipeline().addLast(new HttpResponseDecoder(config)).addLast(HttpClient.this);
              }
            })
        .connect()
        .addListener(done -> connected((ChannelFuture) done));
  }

  /** When the request under way was due. */
  long sinceNanos() {
    return sinceNanos;
  }

  /** Sends a request that was due then. */
  void send(long since) {
    sinceNanos = since;
    readable = true;
    busy = true;
    Channel to = channel;
    if (to != null) {
      to.writeAndFlush(request.retainedDuplicate(), to.voidPromise());
    }
  }

  private void connected(ChannelFuture done) {
    if (done.isSuccess()) {
      channel = done.channel();
      user.ready(this);
    } else {
      user.refused(String.valueOf(done.cause().getMessage()));
      retry();
    }
    if (!tried) {
      tried = true;
      user.tried();
    }
  }

  private void retry() {
    bootstrap.config().group().schedule(this::connect, RETRY_MILLIS, TimeUnit.MILLISECONDS);
  }

  @Override
  public boolean isSharable() {
    return true;
  }

  @Override
  protected void channelRead0(ChannelHandlerContext ctx, HttpObject part) {
    if (part.decoderResult().isFailure()) {
      readable = false;
      ctx.close();
      return;
    }
    if (part instanceof HttpResponse response) {
      status = response.status().code();
      keepAlive = HttpUtil.isKeepAlive(response);
    }
    if (part instanceof LastHttpContent && status >= 200) {
      answered(ctx);
    }
  }

  private void answered(ChannelHandlerContext ctx) {
    if (!busy) {
      return;
    }
    busy = false;
    user.answered(this, status);
    if (keepAlive) {
      user.ready(this);
    } else {
      ctx.close();
    }
    user.settled();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    user.lost(this);
    if (busy) {
      busy = false;
      user.failed(
          this,
          readable
              ? "the server closed the connection before its answer"
              : "the server's answer is not HTTP");
      user.settled();
    }
    if (!user.ended()) {
      retry();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    ctx.close();
  }
}
