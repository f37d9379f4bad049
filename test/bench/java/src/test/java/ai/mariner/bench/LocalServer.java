package ai.mariner.bench;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** An HTTP server with one event loop that answers as a test says. */
final class LocalServer implements AutoCloseable {
  private static final int MAX_BODY_BYTES = 32 << 20;

  private final EventLoopGroup loops = Sockets.detect().loops(1, "local");
  private final AtomicInteger requests = new AtomicInteger();
  private final Channel channel;

  /** What is done with a request; runs on the loop. */
  interface Answer {
    /** Answers the request of this number, from 1. */
    void to(ChannelHandlerContext ctx, FullHttpRequest request, int number) throws Exception;
  }

  LocalServer(Answer answer) throws InterruptedException {
    this.channel =
        new ServerBootstrap()
            .group(loops)
            .channel(Sockets.detect().server())
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel fresh) {
                    fresh
                        .pipeline()
                        .addLast(new HttpServerCodec(), new HttpObjectAggregator(MAX_BODY_BYTES))
                        .addLast(new Handler(answer));
                  }
                })
            .bind(new InetSocketAddress("127.0.0.1", 0))
            .sync()
            .channel();
  }

  /** Echoes the body at once. */
  static void echo(ChannelHandlerContext ctx, FullHttpRequest request) {
    var response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1, HttpResponseStatus.OK, request.content().retain());
    HttpUtil.setContentLength(response, request.content().readableBytes());
    ctx.writeAndFlush(response);
  }

  /** Answers in chunks. */
  static void chunks(ChannelHandlerContext ctx, int count) {
    var response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
    HttpUtil.setTransferEncodingChunked(response, true);
    ctx.write(response);
    for (int i = 0; i < count; i++) {
      ctx.writeAndFlush(new DefaultHttpContent(Unpooled.wrappedBuffer(new byte[] {1, 2, 3})));
    }
    ctx.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT);
  }

  int port() {
    return ((InetSocketAddress) channel.localAddress()).getPort();
  }

  int requests() {
    return requests.get();
  }

  @Override
  public void close() {
    loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
  }

  private final class Handler extends SimpleChannelInboundHandler<FullHttpRequest> {
    private final Answer answer;

    Handler(Answer answer) {
      this.answer = answer;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request)
        throws Exception {
      answer.to(ctx, request, requests.incrementAndGet());
    }
  }
}
