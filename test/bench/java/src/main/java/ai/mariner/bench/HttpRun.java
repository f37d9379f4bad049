package ai.mariner.bench;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
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
final class HttpRun implements HttpClient.User {
  private static final int CONNECT_MILLIS = 5000;
  private static final int DRAIN_SECONDS = 5;

  private final HttpLoad.Options options;
  private final EventLoop loop;
  private final Bootstrap bootstrap;
  private final ByteBuf request;
  private final Tally tally;
  private final @Nullable Schedule schedule;
  private final CompletableFuture<Map<String, @Nullable Object>> fields = new CompletableFuture<>();
  private final Queue<Long> due = new ArrayDeque<>();
  private final Queue<HttpClient> idle = new ArrayDeque<>();
  private final Set<HttpClient> busy = new HashSet<>();
  private int opening;
  private long beginNanos;
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
    this.tally = new Tally(options);
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

  private void open() {
    opening = options.connections();
    for (int i = 0; i < options.connections(); i++) {
      new HttpClient(bootstrap, request, this).connect();
    }
  }

  private void begin() {
    begun = true;
    beginNanos = System.nanoTime();
    tally.begin(beginNanos);
    loop.schedule(this::end, tally.endNanos() - System.nanoTime(), TimeUnit.NANOSECONDS);
    offer();
    if (schedule == null) {
      while (!idle.isEmpty()) {
        send(idle.remove(), System.nanoTime());
      }
    }
  }

  /** Puts what is due in the queue, and comes back when the next request is. */
  private void offer() {
    if (schedule == null || ended) {
      return;
    }
    long now = System.nanoTime();
    long end = tally.endNanos();
    long next = beginNanos + schedule.dueNanos();
    while (next <= now && next < end) {
      due.add(next);
      tally.offered(next);
      schedule.advance();
      next = beginNanos + schedule.dueNanos();
    }
    sendDue();
    if (next < end) {
      loop.schedule(this::offer, next - System.nanoTime(), TimeUnit.NANOSECONDS);
    }
  }

  private void send(HttpClient client, long sinceNanos) {
    busy.add(client);
    client.send(sinceNanos);
  }

  private void sendDue() {
    while (!due.isEmpty() && !idle.isEmpty()) {
      send(idle.remove(), due.remove());
    }
  }

  /** The time is up: what was not sent is dropped, what was sent may still end. */
  private void end() {
    offer();
    ended = true;
    due.forEach(tally::dropped);
    due.clear();
    loop.schedule(this::drained, DRAIN_SECONDS, TimeUnit.SECONDS);
    settled();
  }

  private void drained() {
    for (HttpClient client : busy) {
      tally.unanswered(client.sinceNanos());
      tally.unfinished("no answer " + DRAIN_SECONDS + " s after the end");
    }
    finish();
  }

  private void finish() {
    if (!fields.isDone()) {
      fields.complete(tally.fields());
    }
  }

  @Override
  public boolean ended() {
    return ended;
  }

  @Override
  public void ready(HttpClient client) {
    if (schedule != null || !begun) {
      idle.add(client);
      sendDue();
    } else if (!ended) {
      send(client, System.nanoTime());
    }
  }

  @Override
  public void refused(String why) {
    refusal = why;
    long now = System.nanoTime();
    if (begun && now < tally.endNanos()) {
      tally.failed(now, why);
    }
  }

  /** The clock starts when every connection was made or refused once. */
  @Override
  public void tried() {
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

  @Override
  public void answered(HttpClient client, int status) {
    busy.remove(client);
    if (status < 300) {
      tally.answered(client.sinceNanos());
    } else {
      tally.failed(client.sinceNanos(), "status " + status);
    }
  }

  @Override
  public void failed(HttpClient client, String why) {
    busy.remove(client);
    tally.unanswered(client.sinceNanos());
    tally.failed(client.sinceNanos(), why);
  }

  @Override
  public void lost(HttpClient client) {
    idle.remove(client);
  }

  @Override
  public void settled() {
    if (ended && busy.isEmpty()) {
      finish();
    }
  }
}
