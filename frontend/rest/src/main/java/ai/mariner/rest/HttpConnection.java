package ai.mariner.rest;

import ai.mariner.core.message.Reply;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.concurrent.RejectedExecutionException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client connection: keeps the requests under way in line, so that their answers leave in
 * order, and ends the connection when it is time.
 */
@SuppressWarnings("FutureReturnValueIgnored") // Outcomes arrive as events of the channel.
final class HttpConnection extends ChannelInboundHandlerAdapter {
  /** Requests under way on one connection; more are not taken from it until some are answered. */
  static final int MOST_OUTSTANDING = 64;

  private static final Logger log = LoggerFactory.getLogger(HttpConnection.class);

  private final Listener listener;
  private final HeadWatch decoder;
  private final Outputs outputs;
  private final RequestIntake intake;
  private final ArrayDeque<Exchange> line = new ArrayDeque<>();
  private final InputGate gate = new InputGate(this::hasRoom, this::handle);
  private final ConnectionClock clock;
  private final AnswerLog answerLog;
  private ChannelHandlerContext ctx;
  private ConnectionOutput output;
  private boolean ending;

  @SuppressWarnings("NullAway.Init") // Netty sets the rest by handlerAdded before anything else.
  private HttpConnection(Listener listener, HeadWatch decoder, Outputs outputs) {
    this.listener = listener;
    this.decoder = decoder;
    this.outputs = outputs;
    this.intake = new RequestIntake(this, listener);
    this.clock = new ConnectionClock(listener);
    this.answerLog = new AnswerLog(listener.context());
  }

  /** A connection of HTTP/1. */
  static HttpConnection ofBytes(Listener listener, RequestDecoder decoder) {
    return new HttpConnection(listener, decoder, ConnectionOutput::new);
  }

  /** A stream of HTTP/2: a connection for one request. */
  static HttpConnection ofStream(Listener listener) {
    return new HttpConnection(listener, HeadWatch.NONE, StreamOutput::new);
  }

  /** How answers are written. */
  @FunctionalInterface
  private interface Outputs {
    ConnectionOutput of(ChannelHandlerContext ctx, AnswerEncoder encoder);
  }

  /** Told to connections when the listener begins to drain. */
  enum Event {
    /** The listener drains. */
    DRAIN
  }

  boolean inLoop() {
    return ctx.executor().inEventLoop();
  }

  /** Runs a task on the connection's loop, or the other one right here if the loop is gone. */
  void execute(Runnable task, Runnable otherwise) {
    try {
      ctx.executor().execute(task);
    } catch (RejectedExecutionException loopHasEnded) {
      otherwise.run();
    }
  }

  /** Who is at the other end; absent: somebody on a Unix socket. */
  @Nullable InetAddress peer() {
    return ctx.channel().remoteAddress() instanceof InetSocketAddress tcp ? tcp.getAddress() : null;
  }

  Dialect dialect() {
    return listener.dialect();
  }

  /** Puts a request at the end of the line. */
  void enter(Exchange exchange) {
    line.add(exchange);
    if (line.size() == 1) {
      exchange.becomeHead();
    }
  }

  /** Whether it is this exchange's turn to answer. */
  boolean isHead(Exchange exchange) {
    return line.peek() == exchange;
  }

  void writeContinue() {
    output.writeContinue();
    output.flush(line.size() <= 1);
  }

  void writeWhole(Exchange exchange, Reply reply) {
    closeIfDraining(exchange);
    output.writeWhole(exchange, reply);
  }

  void writePiece(Exchange exchange, Reply piece, boolean first) {
    if (first) {
      closeIfDraining(exchange);
    }
    output.writePiece(exchange, piece, first);
    output.flush(false);
  }

  void writeLast(Exchange exchange, Reply last) {
    output.writeLast(exchange, last);
  }

  void writeError(Exchange exchange, Reply failure) {
    output.writeError(exchange, failure);
  }

  long now() {
    return listener.context().clock().getAsLong();
  }

  private void closeIfDraining(Exchange exchange) {
    if (listener.draining() && line.size() == 1 && gate.isClear()) {
      exchange.closeAfter();
    }
  }

  /** Notes that the answer of the head of the line is complete. */
  void ended(Exchange exchange) {
    answerLog.ended(exchange, ctx.channel());
    line.poll();
    clock.progress();
    if (!exchange.keepAlive()) {
      finish();
      return;
    }
    output.flush(line.isEmpty());
    Exchange next = line.peek();
    if (next != null) {
      next.becomeHead();
      intake.headChanged();
    }
    gate.letIn(ctx.channel().config());
  }

  /** Ends the connection without the end of a streamed answer, which tells the client. */
  void breakOff(Exchange exchange) {
    answerLog.ended(exchange, ctx.channel());
    line.poll();
    ending = true;
    leaveAll();
    ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
  }

  /** Takes no more requests, sends what was answered and closes. */
  void finish() {
    if (ending) {
      return;
    }
    ending = true;
    boolean unread = intake.midRequest() || decoder.midRequest() || !gate.isClear();
    leaveAll();
    ChannelHandlerContext here = ctx;
    here.writeAndFlush(Unpooled.EMPTY_BUFFER)
        .addListener(
            future -> {
              if (unread && future.isSuccess() && here.channel() instanceof DuplexChannel duplex) {
                // Closing with unread input would reset the connection and lose the answer.
                clock.linger();
                endOutput(here, duplex);
                duplex.config().setAutoRead(true);
              } else {
                here.close();
              }
            });
  }

  /** Tells the client that nothing more comes, in TLS's own words too where that is spoken. */
  private static void endOutput(ChannelHandlerContext here, DuplexChannel duplex) {
    SslHandler tls = here.pipeline().get(SslHandler.class);
    if (tls == null) {
      duplex.shutdownOutput();
    } else {
      tls.closeOutbound().addListener(unused -> duplex.shutdownOutput());
    }
  }

  private void leaveAll() {
    intake.abandon();
    gate.clear();
    Exchange waiting;
    while ((waiting = line.poll()) != null) {
      answerLog.left(waiting, ctx.channel());
      waiting.leave();
    }
  }

  @Override
  public void handlerAdded(ChannelHandlerContext added) {
    ctx = added;
    output = outputs.of(added, listener.encoder());
    clock.start(added.executor(), this::lookAtClock);
  }

  @Override
  public void channelInactive(ChannelHandlerContext inactive) {
    ending = true;
    clock.stop();
    leaveAll();
    inactive.fireChannelInactive();
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext removed) {
    ending = true;
    clock.stop();
    leaveAll();
  }

  @Override
  public void channelRead(ChannelHandlerContext here, Object message) {
    output.readBegins();
    if (ending) {
      endRead(here, message);
      return;
    }
    gate.arrived(message, here.channel().config());
  }

  /** Throws away what comes after the last answer, as long as it is not too much. */
  private void endRead(ChannelHandlerContext here, Object message) {
    int bytes = message instanceof HttpContent content ? content.content().readableBytes() : 0;
    ReferenceCountUtil.release(message);
    if (clock.lingeredTooLong(bytes)) {
      here.close();
    }
  }

  private boolean hasRoom() {
    return line.size() < MOST_OUTSTANDING && ctx.channel().isWritable();
  }

  private void handle(Object message) {
    clock.progress();
    if (message instanceof HttpRequest request) {
      intake.request(request, ctx.alloc());
    }
    if (message instanceof HttpContent content) {
      intake.content(content);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext here) {
    output.readComplete();
    here.fireChannelReadComplete();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext here) {
    if (here.channel().isWritable()) {
      gate.letIn(here.channel().config());
    }
    here.fireChannelWritabilityChanged();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext here, Object event) {
    if (event instanceof ChannelInputShutdownEvent || event == SslCloseCompletionEvent.SUCCESS) {
      inputEnded();
    } else if (event == Event.DRAIN && isIdle()) {
      finish();
    }
    here.fireUserEventTriggered(event);
  }

  private boolean isIdle() {
    return line.isEmpty() && !intake.midRequest() && !decoder.midRequest();
  }

  /**
   * The client sends nothing more. That is how clients leave; only one that has announced its last
   * request may still wait for the answers.
   */
  private void inputEnded() {
    Exchange last = line.peekLast();
    boolean announced = last != null && !last.keepAlive() && !intake.midRequest();
    if (clock.lingering()) {
      ctx.close();
    } else if (!announced) {
      finish();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext here, Throwable thrown) {
    if (thrown.getCause() instanceof SSLException fault) {
      log.info("TLS with {} failed: {}", here.channel().remoteAddress(), fault.getMessage());
    } else if (thrown instanceof IOException) {
      log.debug("connection {} ended: {}", here.channel(), thrown.toString());
    } else {
      log.error("closing connection {} after a fault of our own", here.channel(), thrown);
    }
    here.close();
  }

  private void lookAtClock() {
    ChannelHandlerContext here = ctx;
    ConnectionClock.Verdict verdict =
        clock.verdict(
            here.channel(), output.unsentBytes(), decoder, intake.incoming(), line.isEmpty());
    keepStreamAlive();
    switch (verdict) {
      case GO_ON -> {}
      case CLOSE -> here.close();
      case IDLE -> finish();
      case SLOW_HEAD -> intake.refuseSlowHead();
      case SLOW_BODY -> intake.refuseSlowBody();
      case ENOUGH -> intake.enough();
    }
  }

  /** A comment behind what the client has not taken yet would only hide that it takes nothing. */
  private void keepStreamAlive() {
    Exchange first = line.peek();
    if (first != null
        && clock.nothingPending()
        && first.commentDue(now(), listener.keepAliveNanos())) {
      output.writeComment(first);
      output.flush(false);
    }
  }

  /** Notes that the request that came last has been received whole. */
  void requestComplete() {
    decoder.requestSeen();
  }
}
