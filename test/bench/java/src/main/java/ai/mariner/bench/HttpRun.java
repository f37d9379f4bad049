package ai.mariner.bench;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One run of the HTTP load generator. All its state belongs to one event loop. */
final class HttpRun {
  private static final int RETRY_MILLIS = 10;
  private static final int CONNECT_MILLIS = 5000;
  private static final int MAX_PIECE_BYTES = 1 << 20;
  private static final int DRAIN_SECONDS = 5;

  private final HttpLoad.Options options;
  private final EventLoop loop;
  private final Bootstrap bootstrap;
  private final ByteBuf request;
  private final Report report;
  private final @Nullable Schedule schedule;
  private final CompletableFuture<Map<String, @Nullable Object>> fields = new CompletableFuture<>();
  private final Queue<Long> due = new ArrayDeque<>();
  private final Queue<Connection> idle = new ArrayDeque<>();
  private final Set<Connection> busy = new HashSet<>();
  private int opening;
  private long beginNanos;
  private long startNanos;
  private long endNanos;
  private long offered;
  private long dropped;
  private boolean begun;
  private boolean ended;
  private @Nullable String refusal;

  HttpRun(
      HttpLoad.Options options,
      EventLoop loop,
      Sockets sockets,
      InetSocketAddress address,
      ByteBuf request) {
    this.options = options;
    this.loop = loop;
    this.request = request;
    this.report = new Report(options.seconds());
    Random random = new Random(options.seed());
    Double rate = options.rate();
    this.schedule = rate == null ? null : new Schedule(rate, options.poisson(), random::nextDouble);
    this.bootstrap =
        new Bootstrap()
            .group(loop)
            .channel(sockets.client())
            .option(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_MILLIS)
            .remoteAddress(address);
  }

  /**
   * Runs to the end and returns the fields of the report.
   *
   * @throws UsageException no connection could be made
   */
  Map<String, @Nullable Object> await() throws InterruptedException {
    loop.execute(this::open);
    try {
      return fields.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UsageException usage) {
        throw usage;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  /** Connects; the clock starts when every connection was made or refused once. */
  private void open() {
    opening = options.connections();
    for (int i = 0; i < options.connections(); i++) {
      new Connection().connect();
    }
  }

  private void opened() {
    opening--;
    if (opening > 0) {
      return;
    }
    if (idle.isEmpty()) {
      String why = options.url() + ": nothing reached (expected: a server); " + refusal;
      fields.completeExceptionally(new UsageException(why));
      return;
    }
    begin();
  }

  private void begin() {
    begun = true;
    beginNanos = System.nanoTime();
    startNanos = beginNanos + (long) (options.warmUp() * 1e9);
    endNanos = startNanos + (long) (options.seconds() * 1e9);
    loop.schedule(this::end, endNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
    offer();
    if (schedule == null) {
      while (!idle.isEmpty()) {
        idle.remove().send(System.nanoTime());
      }
    }
  }

  /** Puts what is due in the queue, and comes back when the next request is. */
  private void offer() {
    if (schedule == null || ended) {
      return;
    }
    long now = System.nanoTime();
    long next = beginNanos + schedule.dueNanos();
    while (next <= now && next < endNanos) {
      due.add(next);
      offered += next >= startNanos ? 1 : 0;
      schedule.advance();
      next = beginNanos + schedule.dueNanos();
    }
    sendDue();
    if (next < endNanos) {
      loop.schedule(this::offer, next - System.nanoTime(), TimeUnit.NANOSECONDS);
    }
  }

  private void sendDue() {
    while (!due.isEmpty() && !idle.isEmpty()) {
      idle.remove().send(due.remove());
    }
  }

  /** The time is up: what was not sent is dropped, what was sent may still end. */
  private void end() {
    offer();
    ended = true;
    for (long since : due) {
      dropped += since >= startNanos ? 1 : 0;
      unanswered(since);
    }
    due.clear();
    loop.schedule(this::drained, DRAIN_SECONDS, TimeUnit.SECONDS);
    finishWhenDrained();
  }

  private void drained() {
    for (Connection connection : busy) {
      unanswered(connection.sinceNanos);
      report.error("no answer " + DRAIN_SECONDS + " s after the end");
    }
    finish();
  }

  private void finishWhenDrained() {
    if (ended && busy.isEmpty()) {
      finish();
    }
  }

  private void finish() {
    if (fields.isDone()) {
      return;
    }
    Map<String, @Nullable Object> values = report.fields();
    values.put(
        "offeredPerSecond",
        schedule == null ? report.rate() : Math.round(offered / options.seconds() * 10) / 10.0);
    values.put("p999Millis", report.millis(99.9));
    values.put("maxMillis", report.millis(100));
    values.put("dropped", dropped);
    fields.complete(values);
  }

  /** Counts the age of a request that belongs to the measurement and has no answer. */
  private void unanswered(long sinceNanos) {
    long now = System.nanoTime();
    if (counts(sinceNanos, now)) {
      report.latency(now - sinceNanos);
    }
  }

  /**
   * Whether a request belongs to the measurement: with a rate by the time when it was due, without
   * one when it was under way at any time of it.
   */
  private boolean counts(long sinceNanos, long now) {
    return schedule != null ? sinceNanos >= startNanos : now >= startNanos;
  }

  /** Counts an answer; without a rate one after the end has a latency and no part in the rate. */
  private void count(long sinceNanos) {
    long now = System.nanoTime();
    if (!counts(sinceNanos, now)) {
      return;
    }
    if (schedule != null || now < endNanos) {
      report.answer(now - sinceNanos);
    } else {
      report.latency(now - sinceNanos);
    }
  }

  private void countError(long sinceNanos, String what) {
    if (counts(sinceNanos, System.nanoTime())) {
      report.error(what);
    }
  }

  /** One connection, made again when it is lost; it has one request under way at a time. */
  private final class Connection extends SimpleChannelInboundHandler<HttpObject> {
    private @Nullable Channel channel;
    private long sinceNanos;
    private int status;
    private boolean keepAlive;
    private boolean readable;
    private boolean tried;

    void connect() {
      if (ended) {
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
                  fresh
                      .pipeline()
                      .addLast(new HttpResponseDecoder(config))
                      .addLast(Connection.this);
                }
              })
          .connect()
          .addListener(done -> connected((ChannelFuture) done));
    }

    private void connected(ChannelFuture done) {
      if (done.isSuccess()) {
        channel = done.channel();
        ready();
      } else {
        String why = String.valueOf(done.cause().getMessage());
        refusal = why;
        long now = System.nanoTime();
        if (begun && now < endNanos) {
          countError(now, why);
        }
        loop.schedule(this::connect, RETRY_MILLIS, TimeUnit.MILLISECONDS);
      }
      if (!tried) {
        tried = true;
        opened();
      }
    }

    private void ready() {
      if (schedule != null || !begun) {
        idle.add(this);
        sendDue();
      } else if (!ended) {
        send(System.nanoTime());
      }
    }

    void send(long since) {
      sinceNanos = since;
      readable = true;
      busy.add(this);
      Channel to = channel;
      if (to != null) {
        to.writeAndFlush(request.retainedDuplicate(), to.voidPromise());
      }
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
      if (!busy.remove(this)) {
        return;
      }
      if (status < 300) {
        count(sinceNanos);
      } else {
        countError(sinceNanos, "status " + status);
      }
      if (keepAlive) {
        ready();
      } else {
        ctx.close();
      }
      finishWhenDrained();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      idle.remove(this);
      if (busy.remove(this)) {
        unanswered(sinceNanos);
        countError(
            sinceNanos,
            readable
                ? "the server closed the connection before its answer"
                : "the server's answer is not HTTP");
        finishWhenDrained();
      }
      if (!ended) {
        loop.schedule(this::connect, RETRY_MILLIS, TimeUnit.MILLISECONDS);
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }
  }
}
