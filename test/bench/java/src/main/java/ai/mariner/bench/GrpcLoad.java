package ai.mariner.bench;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Loads a unary gRPC call with so many calls at once, on one event loop; prints one line of JSON.
 */
public final class GrpcLoad {
  private static final Set<String> FLAGS =
      Set.of("target", "api", "model", "streams", "channels", "seconds", "warm-up", "body-bytes");
  private static final int MAX_MESSAGE_BYTES = 1 << 30;
  private static final int RETRY_MILLIS = 10;
  private static final int REACH_SECONDS = 20;
  private static final int DRAIN_SECONDS = 5;

  private final Options options;
  private final Report report;
  private final GrpcCalls calls;
  private final List<ManagedChannel> channels = new ArrayList<>();
  private final CompletableFuture<Map<String, @Nullable Object>> fields = new CompletableFuture<>();
  private long startNanos;
  private long endNanos;
  private int underWay;

  /**
   * What is loaded, and how.
   *
   * @param target host:port
   * @param api torchserve or oip
   * @param model name of the model
   * @param streams calls at once, over all channels
   * @param channels connections
   * @param seconds length of the measurement
   * @param warmUp seconds before it
   * @param bodyBytes size of the input
   */
  record Options(
      String target,
      String api,
      String model,
      int streams,
      int channels,
      double seconds,
      double warmUp,
      int bodyBytes) {
    /** Reads the command line. */
    static Options parse(String[] arguments) {
      Flags flags = Flags.parse(arguments, FLAGS);
      return new Options(
          flags.text("target"),
          flags.oneOf("api", "torchserve", "oip"),
          flags.text("model", "echo"),
          flags.whole("streams", 1, 64),
          flags.whole("channels", 1, 1),
          flags.number("seconds", false, 5.0),
          flags.number("warm-up", true, 2.0),
          flags.whole("body-bytes", 0, 1024));
    }
  }

  private GrpcLoad(Options options) {
    this.options = options;
    this.report = new Report(options.seconds());
    byte[] bytes = new byte[options.bodyBytes()];
    Arrays.fill(bytes, (byte) 'x');
    ByteString body = ByteString.copyFrom(bytes);
    this.calls =
        options.api().equals("oip")
            ? GrpcCalls.openInference(options.model(), body)
            : GrpcCalls.torchserve(options.model(), body);
  }

  /**
   * Loads the target.
   *
   * @throws UsageException nothing was reached there
   */
  static Map<String, @Nullable Object> run(Options options) throws InterruptedException {
    GrpcLoad load = new GrpcLoad(options);
    Sockets sockets = Sockets.detect();
    EventLoopGroup group = sockets.loops(1, "load");
    EventLoop loop = group.next();
    try {
      for (int i = 0; i < options.channels(); i++) {
        load.channels.add(
            NettyChannelBuilder.forTarget(options.target())
                .eventLoopGroup(group)
                .channelType(sockets.client())
                .directExecutor()
                .usePlaintext()
                .maxInboundMessageSize(MAX_MESSAGE_BYTES)
                .build());
      }
      long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(REACH_SECONDS);
      loop.execute(() -> load.probe(loop, 0, limit));
      return load.fields.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UsageException usage) {
        throw usage;
      }
      throw new IllegalStateException(e.getCause());
    } catch (IllegalArgumentException e) {
      throw new UsageException(
          "--target: " + options.target() + " (expected: host:port); " + e.getMessage());
    } finally {
      load.channels.forEach(ManagedChannel::shutdownNow);
      group.shutdownGracefully(0, 2, TimeUnit.SECONDS).syncUninterruptibly();
    }
  }

  /**
   * Asks on each channel until the server has answered anything, so that the clock starts with all
   * connections made. What cannot be connected fails at once; a server that says it is not ready is
   * asked again.
   */
  private void probe(EventLoop loop, int channel, long limitNanos) {
    if (channel == channels.size()) {
      begin(loop);
      return;
    }
    calls.call(
        channels.get(channel),
        new StreamObserver<>() {
          @Override
          public void onNext(Object value) {}

          @Override
          public void onCompleted() {
            loop.execute(() -> probe(loop, channel + 1, limitNanos));
          }

          @Override
          public void onError(Throwable cause) {
            Status status = Status.fromThrowable(cause);
            if (status.getCode() != Status.Code.UNAVAILABLE) {
              onCompleted();
            } else if (status.getCause() == null && System.nanoTime() < limitNanos) {
              loop.schedule(
                  () -> probe(loop, channel, limitNanos), RETRY_MILLIS, TimeUnit.MILLISECONDS);
            } else {
              String why = options.target() + ": nothing reached (expected: a server); ";
              fields.completeExceptionally(new UsageException(why + text(cause)));
            }
          }
        });
  }

  private static String text(Throwable cause) {
    Status status = Status.fromThrowable(cause);
    Throwable root = status.getCause();
    String what = status.getCode() + ": " + status.getDescription();
    return root == null ? what : what + "; " + root.getMessage();
  }

  private void begin(EventLoop loop) {
    startNanos = System.nanoTime() + (long) (options.warmUp() * 1e9);
    endNanos = startNanos + (long) (options.seconds() * 1e9);
    underWay = options.streams();
    for (int i = 0; i < options.streams(); i++) {
      new Stream(channels.get(i % channels.size()), loop).next();
    }
    long end = endNanos - System.nanoTime() + TimeUnit.SECONDS.toNanos(DRAIN_SECONDS);
    loop.schedule(this::drained, end, TimeUnit.NANOSECONDS);
  }

  private void drained() {
    if (!fields.isDone()) {
      for (int i = 0; i < underWay; i++) {
        report.error("no answer " + DRAIN_SECONDS + " s after the end");
        report.latency(TimeUnit.SECONDS.toNanos(DRAIN_SECONDS));
      }
      fields.complete(report.fields());
    }
  }

  /** One of the calls that are always under way. Its state belongs to the loop. */
  private final class Stream implements StreamObserver<Object> {
    private final ManagedChannel channel;
    private final EventLoop loop;
    private long sentNanos;

    Stream(ManagedChannel channel, EventLoop loop) {
      this.channel = channel;
      this.loop = loop;
    }

    void next() {
      sentNanos = System.nanoTime();
      calls.call(channel, this);
    }

    @Override
    public void onNext(Object value) {}

    @Override
    public void onCompleted() {
      if (loop.inEventLoop()) {
        answered();
      } else {
        loop.execute(this::answered);
      }
    }

    /** After the end an answer still has a latency, but no part in the rate. */
    private void answered() {
      long now = System.nanoTime();
      if (now >= startNanos && now < endNanos) {
        report.answer(now - sentNanos);
      } else if (now >= startNanos) {
        report.latency(now - sentNanos);
      }
      if (now < endNanos) {
        next();
      } else {
        ended();
      }
    }

    @Override
    public void onError(Throwable cause) {
      if (loop.inEventLoop()) {
        failed(cause);
      } else {
        loop.execute(() -> failed(cause));
      }
    }

    private void failed(Throwable cause) {
      long now = System.nanoTime();
      if (now >= startNanos) {
        report.error(text(cause));
      }
      if (now < endNanos) {
        loop.schedule(this::next, RETRY_MILLIS, TimeUnit.MILLISECONDS);
      } else {
        ended();
      }
    }

    private void ended() {
      underWay--;
      if (underWay == 0 && !fields.isDone()) {
        fields.complete(report.fields());
      }
    }
  }

  /** Reads the flags, loads, prints; ends with 1 when a flag is wrong or nothing was reached. */
  @SuppressWarnings("SystemOut")
  public static void main(String[] arguments) throws InterruptedException {
    try {
      System.out.println(Report.line(run(Options.parse(arguments))));
    } catch (UsageException e) {
      System.err.println("GrpcLoad: " + e.getMessage());
      System.exit(1);
    }
  }
}
