package ai.mariner.server.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.message.Priority;
import ai.mariner.core.metrics.CacheOutcome;
import ai.mariner.core.metrics.ModelMetrics;
import ai.mariner.core.metrics.RecycleReason;
import ai.mariner.core.testing.Configs;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class PrometheusMetricsTest {
  private static final ModelKey ECHO = new ModelKey("echo", "1.0");
  private static final ModelRef UNNAMED = ModelRef.of("echo");
  private static final ModelRef NAMED = new ModelRef("echo", "1.0");

  /** A sample line of the text format 0.0.4. */
  private static final Pattern SAMPLE =
      Pattern.compile(
          "[a-zA-Z_:][a-zA-Z0-9_:]*(\\{([a-zA-Z_]\\w*=\"([^\"\\\\\\n]|\\\\[\\\\\"n])*\",?)*})?"
              + " ([-+0-9.eE]+|NaN|[+-]Inf)");

  private final PrometheusMetrics metrics =
      new PrometheusMetrics("host1", Configs.METRICS, () -> 4096);

  private List<String> page(String... names) {
    return new String(metrics.expose(List.of(names)), StandardCharsets.UTF_8).lines().toList();
  }

  @Test
  void namesAreExactlyTorchServes() {
    ModelMetrics echo = metrics.model(ECHO);
    echo.received(UNNAMED);
    echo.received(NAMED);
    echo.received(NAMED);
    echo.answered(UNNAMED, 2_000_000, 3_000_000, 5_500_000);
    metrics.httpAnswered(200);
    metrics.httpAnswered(404);
    metrics.httpAnswered(503);
    metrics.httpAnswered(302);
    assertThat(page())
        .contains(
            "# TYPE ts_inference_requests_total counter",
            "ts_inference_requests_total{model_name=\"echo\",model_version=\"1.0\",hostname=\"host1\"}"
                + " 2.0",
            "ts_inference_requests_total{model_name=\"echo\",model_version=\"default\",hostname=\"host1\"}"
                + " 1.0",
            "# TYPE ts_inference_latency_microseconds counter",
            "ts_inference_latency_microseconds{model_name=\"echo\",model_version=\"default\",hostname=\"host1\"}"
                + " 5500.0",
            "ts_queue_latency_microseconds{model_name=\"echo\",model_version=\"default\",hostname=\"host1\"}"
                + " 2000.0",
            "Requests2XX{Level=\"Host\",Hostname=\"host1\"} 1.0",
            "Requests4XX{Level=\"Host\",Hostname=\"host1\"} 1.0",
            "Requests5XX{Level=\"Host\",Hostname=\"host1\"} 2.0",
            "QueueTime{Hostname=\"host1\",Level=\"Host\"} 2.0",
            "WorkerThreadTime{Hostname=\"host1\",Level=\"Host\"} 3.0");
  }

  @Test
  void linesThatALogHasDroppedAreCounted() {
    AtomicLong dropped = new AtomicLong();
    metrics.logLinesDropped("access", dropped::get);
    dropped.set(7);
    assertThat(page("mariner_log_lines_dropped_total"))
        .contains(
            "# TYPE mariner_log_lines_dropped_total counter",
            "mariner_log_lines_dropped_total{log=\"access\"} 7.0");
  }

  @Test
  void histogramsAndGaugesAreOfOneModelVersion() {
    ModelMetrics echo = metrics.model(ECHO);
    echo.batchStarted(8);
    echo.answered(NAMED, 200_000, 40_000_000, 50_000_000);
    echo.gauges(3, 2, 1);
    echo.rerun();
    echo.workerLost();
    echo.workerRecycled(RecycleReason.MEMORY);
    echo.failed(ErrorKind.QUEUE_FULL);
    echo.failed(ErrorKind.QUEUE_FULL);
    echo.workerLoaded("W-9000-echo_1.0", 1_500_000_000);
    String labels = "{model_name=\"echo\",model_version=\"1.0\"";
    assertThat(page())
        .contains(
            "# TYPE mariner_queue_seconds histogram",
            "mariner_queue_seconds_bucket" + labels + ",le=\"1.0E-4\"} 0",
            "mariner_queue_seconds_bucket" + labels + ",le=\"2.5E-4\"} 1",
            "mariner_inference_seconds_sum" + labels + "} 0.04",
            "mariner_request_seconds_bucket" + labels + ",le=\"60.0\"} 1",
            "mariner_request_seconds_count" + labels + "} 1",
            "mariner_batch_size_bucket" + labels + ",le=\"4.0\"} 0",
            "mariner_batch_size_bucket" + labels + ",le=\"8.0\"} 1",
            "mariner_requests_failed_total" + labels + ",reason=\"queue_full\"} 2.0",
            "mariner_reruns_total" + labels + "} 1.0",
            "mariner_worker_losses_total" + labels + "} 1.0",
            "mariner_worker_recycles_total" + labels + ",reason=\"rss\"} 1.0",
            "mariner_queue_depth" + labels + "} 3.0",
            "mariner_running" + labels + "} 2.0",
            "mariner_workers_ready" + labels + "} 1.0",
            "WorkerLoadTime{Hostname=\"host1\",Level=\"Host\",WorkerName=\"W-9000-echo_1.0\"}"
                + " 1500.0");
  }

  @Test
  void cacheAndLanesHaveSeriesOnceTheyAreUsed() {
    ModelMetrics echo = metrics.model(ECHO);
    assertThat(page()).noneMatch(line -> line.contains("mariner_cache") || line.contains("lane"));
    echo.cached(CacheOutcome.HIT);
    echo.cacheBytes(1234);
    echo.reused(NAMED, 250_000_000);
    echo.laneWaited(Priority.LOW, 250_000_000);
    String labels = "{model_name=\"echo\",model_version=\"1.0\"";
    assertThat(page())
        .contains(
            "mariner_cache_requests_total" + labels + ",outcome=\"hit\"} 1.0",
            "mariner_cache_bytes" + labels + "} 1234.0",
            "mariner_request_seconds_count" + labels + "} 1",
            "mariner_queue_seconds_count" + labels + "} 0",
            "mariner_lane_seconds_sum" + labels + ",priority=\"low\"} 0.25");
    metrics.modelRemoved(ECHO);
    assertThat(page()).noneMatch(line -> line.contains("\"echo\""));
  }

  @Test
  void everyLineIsWellFormed() {
    ModelMetrics odd = metrics.model(new ModelKey("a\"b\\c\nd", "1"));
    odd.received(new ModelRef("a\"b\\c\nd", "1"));
    assertThat(page())
        .filteredOn(line -> !line.startsWith("# "))
        .allMatch(SAMPLE.asMatchPredicate());
    assertThat(page())
        .contains(
            "ts_inference_requests_total{model_name=\"a\\\"b\\\\c\\n"
                + "d\",model_version=\"1\",hostname=\"host1\"} 1.0");
    assertThat(page().stream().filter(line -> line.startsWith("# TYPE ")).toList())
        .doesNotHaveDuplicates()
        .hasSizeGreaterThan(20);
  }

  @Test
  void showsOnlyTheNamesThatAreAskedFor() {
    metrics.model(ECHO).received(NAMED);
    assertThat(page("ts_inference_requests_total", "mariner_queue_seconds_count"))
        .isNotEmpty()
        .allMatch(
            line ->
                line.contains("ts_inference_requests_total")
                    || line.contains("mariner_queue_seconds"));
    assertThat(page("no_such_metric")).isEmpty();
  }

  @Test
  void aRemovedModelLeavesNothingBehind() {
    ModelKey second = new ModelKey("echo", "2.0");
    ModelMetrics first = metrics.model(ECHO);
    metrics.model(second).received(UNNAMED);
    first.received(NAMED);
    first.failed(ErrorKind.WORKER_LOST);
    first.workerLoaded("W-9000-echo_1.0", 1);
    metrics.modelRemoved(ECHO);
    assertThat(page())
        .noneMatch(line -> line.contains("model_version=\"1.0\"") || line.contains("W-9000"));
    assertThat(page())
        .contains(
            "ts_inference_requests_total{model_name=\"echo\",model_version=\"default\",hostname=\"host1\"}"
                + " 1.0");
    metrics.modelRemoved(second);
    metrics.modelRemoved(second);
    assertThat(page()).noneMatch(line -> line.contains("\"echo\""));
  }

  @Test
  void aModelHasOneSetOfMeters() {
    assertThat(metrics.model(ECHO)).isSameAs(metrics.model(new ModelKey("echo", "1.0")));
  }

  @Test
  void countsFromManyThreadsAddUp() throws InterruptedException {
    ModelMetrics echo = metrics.model(ECHO);
    CountDownLatch done = new CountDownLatch(4);
    for (int i = 0; i < 4; i++) {
      new Thread(
              () -> {
                for (int j = 0; j < 5000; j++) {
                  echo.received(UNNAMED);
                  echo.answered(UNNAMED, 1000, 1000, 1000);
                  echo.failed(ErrorKind.CANCELLED);
                }
                done.countDown();
              })
          .start();
    }
    done.await();
    String labels = "{model_name=\"echo\",model_version=\"1.0\"";
    assertThat(page())
        .contains(
            "ts_queue_latency_microseconds{model_name=\"echo\",model_version=\"default\",hostname=\"host1\"}"
                + " 20000.0",
            "mariner_queue_seconds_count" + labels + "} 20000",
            "mariner_requests_failed_total" + labels + ",reason=\"cancelled\"} 20000.0");
  }

  @Test
  void showsWhatTheProcessUses() {
    assertThat(page("mariner_netty_direct_bytes")).contains("mariner_netty_direct_bytes 4096.0");
    assertThat(page())
        .anyMatch(line -> line.startsWith("jvm_heap_used_bytes "))
        .anyMatch(line -> line.startsWith("jvm_direct_memory_used_bytes "))
        .anyMatch(line -> line.startsWith("process_open_fds "))
        .anyMatch(line -> line.startsWith("process_cpu_seconds_total "));
  }

  @Test
  void countsNetworkBuffersWhoeverMadeThem() {
    int bytes = 32 << 20;
    double before = directBytes();
    ByteBuf buffer = UnpooledByteBufAllocator.DEFAULT.directBuffer(bytes);
    try {
      assertThat(directBytes() - before).isGreaterThanOrEqualTo(bytes).isLessThan(1.5 * bytes);
    } finally {
      buffer.release();
    }
    assertThat(directBytes() - before).isLessThan(bytes / 2.0);
  }

  private double directBytes() {
    String name = "jvm_direct_memory_used_bytes ";
    return page().stream()
        .filter(line -> line.startsWith(name))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length())))
        .sum();
  }

  @Test
  void showsWhatAnAutoscalerFollows() {
    ModelMetrics echo = metrics.model(ECHO);
    echo.staff(2, 1);
    echo.gauges(4, 3, 5);
    echo.oldest(true, System.nanoTime() - 3_000_000_000L);
    String labels = "{model_name=\"echo\",model_version=\"1.0\"";
    assertThat(page("mariner_workers"))
        .contains(
            "mariner_workers" + labels + ",state=\"ready\"} 5.0",
            "mariner_workers" + labels + ",state=\"starting\"} 2.0",
            "mariner_workers" + labels + ",state=\"stopping\"} 1.0");
    assertThat(oldestWait()).isGreaterThanOrEqualTo(3);
    echo.oldest(false, 0);
    assertThat(oldestWait()).isZero();
  }

  @Test
  void workIsCountedWhileItGoesOn() {
    ModelMetrics echo = metrics.model(ECHO);
    assertThat(sum("mariner_worker_busy_seconds_total")).isZero();
    long now = System.nanoTime();
    echo.busy(2, now - 5_000_000_000L);
    echo.busy(0.5, now - 2_000_000_000L);
    assertThat(sum("mariner_worker_busy_seconds_total")).isBetween(7.0, 7.0 + 60);
    echo.busy(0, System.nanoTime());
    double ended = sum("mariner_worker_busy_seconds_total");
    assertThat(sum("mariner_worker_busy_seconds_total")).isEqualTo(ended);
  }

  private double oldestWait() {
    return sum("mariner_oldest_wait_seconds");
  }

  private double sum(String family) {
    return page(family).stream()
        .filter(line -> !line.startsWith("#"))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  @Test
  void aThousandRegistrationsLeaveNoMoreSeriesThanOne() {
    int before = page().size();
    for (int i = 0; i < 1000; i++) {
      ModelKey key = new ModelKey("m" + i, "1.0");
      ModelMetrics meters = metrics.model(key);
      meters.received(ModelRef.of(key.name()));
      meters.workerLoaded("W-" + i, 1);
      meters.failed(ErrorKind.CANCELLED);
      meters.gauges(1, 1, 1);
      meters.oldest(true, 0);
      meters.staff(1, 1);
      meters.busy(1, 0);
      MetricLine line =
          MetricLine.parse("[METRICS]Own.Count:1|#user:" + i + "|#type:COUNTER|#hostname:h,1");
      assertThat(line).isNotNull();
      metrics.handlerMetrics().take(key, line);
      meters.workerGone("W-" + i);
      metrics.modelRemoved(key);
    }
    assertThat(page()).hasSizeLessThanOrEqualTo(before + 8).noneMatch(line -> line.contains("\"m"));
  }

  @Test
  void whatIsLoggedIsWhatHasChanged() {
    PrometheusMetrics logging = new PrometheusMetrics("vm", Configs.METRICS, () -> 0);
    ServerMetricLines lines = logging.serverMetricLines(() -> java.time.Instant.ofEpochSecond(12));
    ModelMetrics echo = logging.model(ECHO);
    assertThat(lines.changes()).isEmpty();
    logging.httpAnswered(200);
    logging.httpAnswered(200);
    echo.received(UNNAMED);
    echo.workerLoaded("W-9000-echo_1.0", 5_000_000);
    assertThat(logging.modelMetricLines(() -> java.time.Instant.ofEpochSecond(12))).isEmpty();
    String end = "|#hostname:vm,timestamp:12";
    assertThat(lines.changes())
        .extracting(MetricLine::toString)
        .containsExactlyInAnyOrder(
            "Requests2XX.Count:2.0|#Level:Host" + end,
            "ts_inference_requests_total.Count:1.0|#model_name:echo,model_version:default" + end,
            "WorkerLoadTime.Milliseconds:5.0|#WorkerName:W-9000-echo_1.0,Level:Host" + end);
    assertThat(lines.changes()).isEmpty();
    logging.httpAnswered(204);
    assertThat(lines.changes())
        .extracting(MetricLine::toString)
        .containsExactly("Requests2XX.Count:1.0|#Level:Host" + end);
  }
}
