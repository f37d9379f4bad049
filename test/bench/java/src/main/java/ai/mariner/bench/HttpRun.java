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
import io.netty.handler.codec.http.LastHttpContent;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One run of the HTTP load generator. All its state belongs to one event loop. */
final class HttpRun {
  private static final int RETRY_MILLIS = 10;
  private static final int MAX_PIECE_BYTES = 1 << 20;
  private static final int DRAIN_SECONDS = 5;

  private final HttpLoad.Options options;
  private final EventLoop loop;
  private final Bootstrap bootstrap;
  private final ByteBuf request;
  private final Report report;
  private final @Nullable Schedule schedule;
  private final CountDownLatch over = new CountDownLatch(1);
  private final Queue<Long> due = new ArrayDeque<>();
  private final Queue<Connection> idle = new ArrayDeque<>();
  private final Set<Connection> busy = new HashSet<>();
  private long beginNanos;
  private long startNanos;
  private long endNanos;
  private long offered;
  private boolean ended;
  private boolean reached;

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
            .remoteAddress(address);
  }

  /** Runs to the end and returns the fields of the report. */
  Map<String, @Nullable Object> await() throws InterruptedException {
    loop.execute(this::begin);
    over.await();
    Map<String, @Nullable Object> fields = report.fields();
    Double rate = options.rate();
    fields.put(
        "offeredPerSecond",
        rate == null ? report.rate() : Math.round(offered / options.seconds() * 10) / 10.0);
    fields.put("p999Millis", report.millis(99.9));
    fields.put("maxMillis", report.millis(100));
    fields.put("dropped", (long) due.size());
    return fields;
  }

  /** Whether a connection has been made. */
  boolean reached() {
    return reached;
  }

  private void begin() {
    beginNanos = System.nanoTime();
    startNanos = beginNanos + (long) (options.warmUp() * 1e9);
    endNanos = startNanos + (long) (options.seconds() * 1e9);
    for (int i = 0; i < options.connections(); i++) {
      new Connection().connect();
    }
    loop.schedule(this::end, endNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
    offer();
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
    due.forEach(this::lateness);
    if (schedule == null || busy.isEmpty()) {
      over.countDown();
    } else {
      loop.schedule(this::drained, DRAIN_SECONDS, TimeUnit.SECONDS);
    }
  }

  private void drained() {
    for (Connection connection : busy) {
      if (connection.sinceNanos >= startNanos) {
        lateness(connection.sinceNanos);
        report.error("no answer " + DRAIN_SECONDS + " s after the end");
      }
    }
    over.countDown();
  }

  private void lateness(long dueNanos) {
    if (dueNanos >= startNanos) {
      report.latency(System.nanoTime() - dueNanos);
    }
  }

  /**
   * Whether a request belongs to the measurement: by its due time, or without a rate by its end.
   */
  private boolean counts(long sinceNanos, long now) {
    return schedule != null ? sinceNanos >= startNanos : now >= startNanos && now < endNanos;
  }

  private final class Connection extends SimpleChannelInboundHandler<HttpObject> {
    private @Nullable Channel channel;
    private long sinceNanos;
    private int status;

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
        reached = true;
        channel = done.channel();
        ready();
      } else {
        report.error(String.valueOf(done.cause().getMessage()));
        loop.schedule(this::connect, RETRY_MILLIS, TimeUnit.MILLISECONDS);
      }
    }

    private void ready() {
      if (schedule != null) {
        idle.add(this);
        sendDue();
      } else if (!ended) {
        send(System.nanoTime());
      }
    }

    void send(long since) {
      sinceNanos = since;
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
      if (part instanceof HttpResponse response) {
        status = response.status().code();
      }
      if (part instanceof LastHttpContent && status >= 200) {
        answered();
      }
    }

    private void answered() {
      busy.remove(this);
      long now = System.nanoTime();
      if (counts(sinceNanos, now)) {
        if (status < 300) {
          report.answer(now - sinceNanos);
        } else {
          report.error("status " + status);
        }
      }
      if (ended && busy.isEmpty()) {
        over.countDown();
      } else {
        ready();
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      idle.remove(this);
      if (busy.remove(this) && counts(sinceNanos, System.nanoTime())) {
        report.error("the server closed the connection before its answer");
        report.latency(System.nanoTime() - sinceNanos);
      }
      if (ended && busy.isEmpty()) {
        over.countDown();
      }
      loop.schedule(this::connect, RETRY_MILLIS, TimeUnit.MILLISECONDS);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }
  }
}
