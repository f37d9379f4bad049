package ai.mariner.bench;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Loads a URL with POST over HTTP/1.1 on one event loop; prints one line of JSON. With a rate it is
 * open-loop: requests are due on a schedule and latency counts from then, sent or not.
 */
public final class HttpLoad {
  private static final Set<String> FLAGS =
      Set.of(
          "url",
          "body-file",
          "content-type",
          "connections",
          "seconds",
          "warm-up",
          "rate",
          "arrivals",
          "seed");

  private HttpLoad() {}

  /**
   * What is loaded, and how.
   *
   * @param url http://host:port/path
   * @param bodyFile what is posted
   * @param contentType its type
   * @param connections connections, each with one request at a time
   * @param seconds length of the measurement
   * @param warmUp seconds before it
   * @param rate requests per second; null: as fast as answers come
   * @param poisson whether requests arrive at random around the rate
   * @param seed of the random arrivals
   */
  record Options(
      URI url,
      Path bodyFile,
      String contentType,
      int connections,
      double seconds,
      double warmUp,
      @Nullable Double rate,
      boolean poisson,
      int seed) {
    /** Reads the command line. */
    static Options parse(String[] arguments) {
      Flags flags = Flags.parse(arguments, FLAGS);
      URI url;
      try {
        url = URI.create(flags.text("url"));
      } catch (IllegalArgumentException e) {
        throw new UsageException("--url: " + e.getMessage() + " (expected: http://host:port/path)");
      }
      if (!"http".equals(url.getScheme()) || url.getHost() == null) {
        throw new UsageException("--url: " + url + " (expected: http://host:port/path)");
      }
      return new Options(
          url,
          Path.of(flags.text("body-file")),
          flags.text("content-type", "application/octet-stream"),
          flags.whole("connections", 1, 16),
          flags.number("seconds", false, 5.0),
          flags.number("warm-up", true, 2.0),
          flags.has("rate") ? flags.number("rate", false, null) : null,
          flags.oneOf("arrivals", "constant", "poisson").equals("poisson"),
          flags.whole("seed", 0, 1));
    }
  }

  /**
   * Loads the target.
   *
   * @throws UsageException the file cannot be read, or nothing was reached
   */
  static Map<String, @Nullable Object> run(Options options) throws InterruptedException {
    Sockets sockets = Sockets.detect();
    EventLoopGroup group = sockets.loops(1, "load");
    ByteBuf request = request(options);
    try {
      URI url = options.url();
      int port = url.getPort() < 0 ? 80 : url.getPort();
      InetSocketAddress address = new InetSocketAddress(url.getHost(), port);
      return new HttpRun(options, group.next(), sockets, address, request).await();
    } finally {
      group.shutdownGracefully(0, 2, TimeUnit.SECONDS).syncUninterruptibly();
      request.release();
    }
  }

  private static ByteBuf request(Options options) {
    byte[] body;
    try {
      body = Files.readAllBytes(options.bodyFile());
    } catch (IOException e) {
      throw new UsageException(
          "--body-file: " + options.bodyFile() + " (expected: a readable file); " + e);
    }
    URI url = options.url();
    String path = url.getRawPath().isEmpty() ? "/" : url.getRawPath();
    String query = url.getRawQuery() == null ? "" : "?" + url.getRawQuery();
    String head =
        "POST "
            + path
            + query
            + " HTTP/1.1\r\nhost: "
            + url.getRawAuthority()
            + "\r\ncontent-type: "
            + options.contentType()
            + "\r\ncontent-length: "
            + body.length
            + "\r\n\r\n";
    byte[] start = head.getBytes(StandardCharsets.US_ASCII);
    ByteBuf buffer = Unpooled.directBuffer(start.length + body.length);
    return buffer.writeBytes(start).writeBytes(body);
  }

  /** Reads the flags, loads, prints; ends with 1 when a flag is wrong or nothing was reached. */
  @SuppressWarnings("SystemOut")
  public static void main(String[] arguments) throws InterruptedException {
    try {
      System.out.println(Report.line(run(Options.parse(arguments))));
    } catch (UsageException e) {
      System.err.println("HttpLoad: " + e.getMessage());
      System.exit(1);
    }
  }
}
