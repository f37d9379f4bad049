package ai.mariner.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HttpLoadTest {
  private static final int STALL_MILLIS = 500;

  @TempDir Path folder;

  private Map<String, @Nullable Object> load(int port, int bodyBytes, String... more)
      throws IOException, InterruptedException {
    Path body = Files.write(folder.resolve("body"), new byte[bodyBytes]);
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("--url", "http://127.0.0.1:" + port + "/p"));
    arguments.addAll(List.of("--body-file", body.toString()));
    arguments.addAll(List.of(more));
    return HttpLoad.run(HttpLoad.Options.parse(arguments.toArray(String[]::new)));
  }

  private static double number(Map<String, @Nullable Object> report, String field) {
    return ((Number) Objects.requireNonNull(report.get(field))).doubleValue();
  }

  /** Stops the server's only loop once, in the midst of the load. */
  private static LocalServer stallingServer() throws InterruptedException {
    AtomicBoolean stalled = new AtomicBoolean();
    long begin = System.nanoTime();
    return new LocalServer(
        (ctx, request, number) -> {
          boolean due = System.nanoTime() - begin > TimeUnit.MILLISECONDS.toNanos(STALL_MILLIS);
          if (due && stalled.compareAndSet(false, true)) {
            TimeUnit.MILLISECONDS.sleep(STALL_MILLIS);
          }
          LocalServer.echo(ctx, request);
        });
  }

  @Test
  void openLoopCountsTheWaitOfEveryRequestThatWasDueInStall() throws Exception {
    try (LocalServer server = stallingServer()) {
      var report = load(server.port(), 100, "--rate", "200", "--seconds", "2", "--warm-up", "0");
      assertThat(number(report, "maxMillis")).isGreaterThanOrEqualTo(STALL_MILLIS);
      // A quarter of all requests was due during the stall, so that one in ten waited for most of
      // it.
      assertThat(number(report, "p90Millis")).isGreaterThan(STALL_MILLIS / 5.0);
      assertThat(number(report, "p99Millis")).isGreaterThan(STALL_MILLIS * 0.8);
      assertThat(number(report, "offeredPerSecond")).isEqualTo(200);
      assertThat(report).containsEntry("errors", 0L);
    }
  }

  @Test
  void closedLoopHidesStall() throws Exception {
    try (LocalServer server = stallingServer()) {
      var report =
          load(server.port(), 100, "--connections", "1", "--seconds", "2", "--warm-up", "0");
      assertThat(number(report, "maxMillis")).isGreaterThanOrEqualTo(STALL_MILLIS);
      assertThat(number(report, "p99Millis")).isLessThan(STALL_MILLIS / 2.0);
      assertThat(report).containsEntry("errors", 0L).containsEntry("dropped", 0L);
    }
  }

  @Test
  void chunkedAnswersAreCountedOnce() throws Exception {
    try (LocalServer server =
        new LocalServer((ctx, request, number) -> LocalServer.chunks(ctx, 3))) {
      var report =
          load(
              server.port(),
              10,
              "--rate",
              "50",
              "--connections",
              "50",
              "--seconds",
              "1",
              "--warm-up",
              "0");
      assertThat(number(report, "requestsPerSecond")).isEqualTo(50);
      assertThat(server.requests()).isEqualTo(50);
      assertThat(report).containsEntry("errors", 0L);
    }
  }

  @Test
  void bodiesOfTenMegabytesPass() throws Exception {
    try (LocalServer server =
        new LocalServer((ctx, request, number) -> LocalServer.echo(ctx, request))) {
      var report =
          load(server.port(), 10 << 20, "--connections", "2", "--seconds", "1", "--warm-up", "0");
      assertThat(server.requests()).isPositive();
      assertThat(number(report, "p50Millis")).isPositive();
      assertThat(report).containsEntry("errors", 0L);
    }
  }

  @Test
  void requestsOfWarmUpAreLeftOut() throws Exception {
    try (LocalServer server =
        new LocalServer((ctx, request, number) -> LocalServer.echo(ctx, request))) {
      var report =
          load(
              server.port(),
              10,
              "--rate",
              "40",
              "--connections",
              "40",
              "--seconds",
              "0.5",
              "--warm-up",
              "0.5");
      assertThat(server.requests()).isEqualTo(40);
      assertThat(number(report, "requestsPerSecond")).isEqualTo(40);
      assertThat(report).containsEntry("offeredPerSecond", 40.0);
    }
  }

  @Test
  void whatWasDueInTheWarmUpIsNotDropped() throws Exception {
    // One connection, never answered: the first request stays under way, all others are not sent.
    try (LocalServer server = new LocalServer((ctx, request, number) -> {})) {
      var report =
          load(
              server.port(),
              10,
              "--rate",
              "40",
              "--connections",
              "1",
              "--seconds",
              "0.5",
              "--warm-up",
              "0.5");
      assertThat(report).containsEntry("dropped", 20L).containsEntry("offeredPerSecond", 40.0);
      assertThat(number(report, "maxMillis")).isGreaterThan(400);
      assertThat(server.requests()).isEqualTo(1);
    }
  }

  @Test
  void lostConnectionsAreErrors() throws Exception {
    try (LocalServer server = new LocalServer((ctx, request, number) -> ctx.close())) {
      var report = load(server.port(), 10, "--rate", "20", "--seconds", "0.5", "--warm-up", "0");
      assertThat(report)
          .containsEntry("errors", 10L)
          .containsEntry("firstError", "the server closed the connection before its answer");
      assertThat(number(report, "requestsPerSecond")).isZero();
    }
  }

  @Test
  void deadPortFailsAtOnce() throws Exception {
    int port;
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = taken.getLocalPort();
    }
    long begin = System.nanoTime();
    assertThatThrownBy(() -> load(port, 10, "--seconds", "60"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("nothing reached (expected: a server)");
    assertThat(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin)).isLessThan(30);
  }
}
