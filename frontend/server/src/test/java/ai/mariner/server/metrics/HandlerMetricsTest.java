package ai.mariner.server.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.DeclaredMetric;
import ai.mariner.core.config.MetricType;
import ai.mariner.core.config.MetricsConfig;
import ai.mariner.core.config.MetricsMode;
import ai.mariner.core.config.StandardMetrics;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.metrics.ModelMetrics;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HandlerMetricsTest {
  private static final ModelKey ECHO = new ModelKey("echo", "1.0");
  private static final ModelKey OTHER = new ModelKey("echo", "2.0");

  private PrometheusMetrics metrics = metrics(true, 100, List.of());

  private static PrometheusMetrics metrics(
      boolean autoDetect, int maxSeries, List<DeclaredMetric> declared) {
    MetricsConfig config =
        new MetricsConfig(
            MetricsMode.PROMETHEUS,
            null,
            null,
            declared,
            autoDetect,
            maxSeries,
            Duration.ofSeconds(60),
            null,
            null);
    PrometheusMetrics made = new PrometheusMetrics("host1", config, () -> 0);
    made.model(ECHO);
    made.model(OTHER);
    return made;
  }

  private boolean emit(ModelKey model, String text) {
    MetricLine line = MetricLine.parse("[METRICS]" + text + "|#hostname:vm,12,id");
    assertThat(line).as(text).isNotNull();
    return metrics.handlerMetrics().take(model, line);
  }

  private List<String> page(String... names) {
    return new String(metrics.expose(List.of(names)), StandardCharsets.UTF_8).lines().toList();
  }

  private String refusals(String reason) {
    return page("mariner_metrics_refused_total").stream()
        .filter(line -> line.contains("reason=\"" + reason + '"'))
        .map(line -> line.substring(line.lastIndexOf(' ') + 1))
        .findFirst()
        .orElse("none");
  }

  @Test
  void theLastRunOfAModelIsItsPredictionTime() {
    metrics = metrics(false, 0, StandardMetrics.OF_MODELS);
    assertThat(page("PredictionTime")).isEmpty();
    ModelMetrics echo = metrics.model(ECHO);
    echo.answered(ModelRef.of("echo"), 1, 9_000_000, 1);
    echo.answered(ModelRef.of("echo"), 1, 2_504_000, 1);
    assertThat(page("PredictionTime"))
        .contains(
            "# TYPE PredictionTime gauge",
            "PredictionTime{ModelName=\"echo\",Level=\"Model\",Hostname=\"host1\"} 2.5");
    assertThat(metrics.modelMetricLines(InstantSource.system())).isEmpty();
    metrics = metrics(true, 100, List.of());
    metrics.model(ECHO).answered(ModelRef.of("echo"), 1, 1, 1);
    assertThat(page("PredictionTime")).isEmpty();
  }

  @Test
  void eachTypeIsWhatPrometheusCallsSo() {
    emit(ECHO, "Cats.Count:2|#ModelName:echo,Level:Model|#type:COUNTER");
    emit(ECHO, "Cats.Count:3.5|#ModelName:echo,Level:Model|#type:COUNTER");
    emit(ECHO, "Load.Percent:7|#ModelName:echo,Level:Model|#type:GAUGE");
    emit(ECHO, "Load.Percent:5|#ModelName:echo,Level:Model|#type:GAUGE");
    emit(ECHO, "Size.Bytes:0.3|#k:a b,Level:Model|#type:HISTOGRAM");
    emit(ECHO, "Size.Bytes:20|#k:a b,Level:Model|#type:HISTOGRAM");
    String labels = "{Hostname=\"vm\",Level=\"Model\",ModelName=\"echo\"}";
    assertThat(page("Cats", "Load"))
        .containsExactly(
            "# HELP Cats Emitted by models; unit: Count",
            "# TYPE Cats counter",
            "Cats" + labels + " 5.5",
            "# HELP Load Emitted by models; unit: Percent",
            "# TYPE Load gauge",
            "Load" + labels + " 5.0");
    String more = "Hostname=\"vm\",Level=\"Model\",ModelName=\"echo\",k=\"a b\"";
    assertThat(page("Size"))
        .hasSize(2 + 15 + 2)
        .contains(
            "# TYPE Size histogram",
            "Size_bucket{" + more + ",le=\"0.25\"} 0.0",
            "Size_bucket{" + more + ",le=\"0.5\"} 1.0",
            "Size_bucket{" + more + ",le=\"10.0\"} 1.0",
            "Size_bucket{" + more + ",le=\"+Inf\"} 2.0",
            "Size_count{" + more + "} 2.0",
            "Size_sum{" + more + "} 20.3");
  }

  @ParameterizedTest
  @CsvSource({"Count, counter", "count, counter", "Milliseconds, gauge", "unit, gauge"})
  void aLineWithoutATypeIsJudgedByItsUnit(String unit, String type) {
    emit(ECHO, "M." + unit + ":1|#Level:Model");
    assertThat(page("M")).contains("# TYPE M " + type);
  }

  @Test
  void whatIsEmittedOutsideOfRequestsStillNamesItsModel() {
    emit(ECHO, "Loads.Count:1|#Level:Error|#type:COUNTER");
    assertThat(page("Loads"))
        .contains("Loads{Hostname=\"vm\",Level=\"Error\",ModelName=\"echo\"} 1.0");
  }

  @Test
  void namesThatPrometheusDoesNotAllowAreMended() {
    emit(ECHO, "my metric.v-1.ms:1|#a-b:x\"y,1st:z,w|#type:GAUGE");
    assertThat(page("my_metric_v_1"))
        .contains(
            "my_metric_v_1{Hostname=\"vm\",ModelName=\"echo\",_1st=\"z,w\",a_b=\"x\\\"y\"} 1.0");
  }

  @Test
  void aSeriesGoesWithTheLastModelThatWroteToIt() {
    emit(ECHO, "Both.Count:1|#L:M|#type:COUNTER");
    emit(OTHER, "Both.Count:1|#L:M|#type:COUNTER");
    emit(ECHO, "Mine.Count:1|#L:M|#type:COUNTER");
    metrics.modelRemoved(ECHO);
    assertThat(page("Mine")).isEmpty();
    assertThat(page("Both")).anyMatch(line -> line.endsWith("} 2.0"));
    metrics.modelRemoved(OTHER);
    assertThat(page("Both")).isEmpty();
    emit(OTHER, "Both.Count:1|#L:M|#type:COUNTER");
    assertThat(page("Both")).as("a last line of a worker").isEmpty();
    assertThat(page()).noneMatch(line -> line.contains("echo"));
  }

  @Test
  void aModelHasNoMoreSeriesThanItMay() {
    metrics = metrics(true, 3, List.of());
    for (int i = 0; i < 10; i++) {
      emit(ECHO, "C.Count:1|#user:" + i + "|#type:COUNTER");
    }
    emit(ECHO, "C.Count:1|#user:1|#type:COUNTER");
    emit(OTHER, "C.Count:1|#user:77|#type:COUNTER");
    assertThat(page("C")).hasSize(2 + 3 + 1).anyMatch(line -> line.endsWith("} 2.0"));
    assertThat(refusals("series")).isEqualTo("7.0");
  }

  @ParameterizedTest
  @CsvSource({
    "type, X.Count:1|#L:M|#type:GAUGE",
    "value, N.Count:-1|#L:M|#type:COUNTER",
    "value, N.Count:inf|#L:M|#type:COUNTER",
    "value, N.Count:nan|#L:M|#type:HISTOGRAM",
    "reserved, QueueTime.ms:1|#L:M|#type:GAUGE",
    "reserved, mariner_running.Count:1|#L:M|#type:GAUGE",
    "type, H_count.Count:1|#L:M|#type:COUNTER",
  })
  void whatCanNotBeShownIsCounted(String reason, String text) {
    emit(ECHO, "X.Count:1|#L:M|#type:COUNTER");
    emit(ECHO, "H.Count:1|#L:M|#type:HISTOGRAM");
    List<String> before = page("X", "N", "H_count", "QueueTime");
    assertThat(emit(ECHO, text)).isTrue();
    assertThat(refusals(reason)).isEqualTo("1.0");
    assertThat(page("X", "N", "H_count", "QueueTime")).isEqualTo(before);
    metrics.modelRemoved(ECHO);
    assertThat(refusals(reason)).isEqualTo("none");
  }

  @Test
  void withoutDetectionOnlyDeclaredMetricsAreTaken() {
    metrics =
        metrics(
            false,
            100,
            List.of(new DeclaredMetric("Sizes", MetricType.HISTOGRAM, "kB", List.of("k"))));
    assertThat(emit(ECHO, "Sizes.Kilobytes:1|#k:v|#type:COUNTER")).isTrue();
    assertThat(emit(ECHO, "Sizes.Kilobytes:1|#k:v,more:w|#type:HISTOGRAM")).isTrue();
    assertThat(emit(ECHO, "Sizes.Kilobytes:1|#|#type:HISTOGRAM")).isTrue();
    assertThat(emit(ECHO, "Other.ms:1|#k:v|#type:GAUGE")).isFalse();
    assertThat(page("Sizes"))
        .contains(
            "# TYPE Sizes histogram", "Sizes_sum{k=\"v\",ModelName=\"echo\",Hostname=\"vm\"} 1.0");
    assertThat(page("Other")).isEmpty();
    assertThat(refusals("dimensions")).isEqualTo("2.0");
    assertThat(refusals("undeclared")).isEqualTo("1.0");
  }
}
