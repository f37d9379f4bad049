package ai.mariner.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.DeclaredMetric;
import ai.mariner.core.config.MetricType;
import ai.mariner.core.config.MetricsConfig;
import ai.mariner.core.config.StandardMetrics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MetricSettingsTest {
  @TempDir Path folder;

  private Path file(String text) throws IOException {
    return Files.writeString(folder.resolve("my.yaml"), text);
  }

  @Test
  void withoutAFileEverythingIsShownAndEveryModelHasItsTimes() {
    MetricsConfig measures = Loading.mariner().config().measures();
    assertThat(measures.file()).isNull();
    assertThat(measures.ofServer()).isNull();
    assertThat(measures.ofModels()).isEqualTo(StandardMetrics.OF_MODELS);
    assertThat(measures.autoDetect()).isTrue();
    assertThat(measures.systemInterval()).isEqualTo(Duration.ofSeconds(60));
    assertThat(Loading.torchserve().config().measures().autoDetect()).isFalse();
    assertThat(Loading.torchserve("metrics_config=/gone/ts/configs/metrics.yaml").problems())
        .isEmpty();
  }

  @Test
  void readsAFileWithAnchors() throws IOException {
    Path path =
        file(
            """
            dimensions:
              - &model_name "ModelName"
            ts_metrics:
              counter:
                - name: Requests2XX
                  unit: Count
                  dimensions: [Level, Hostname]
            model_metrics:
              histogram:
                - name: Width
                  unit: px
                  dimensions: [*model_name]
              gauge:
            """);
    MetricsConfig measures =
        Loading.torchserve("metrics_config=" + path, "disable_system_metrics=true")
            .config()
            .measures();
    assertThat(measures.file()).isEqualTo(path);
    assertThat(measures.ofModels())
        .containsExactly(
            new DeclaredMetric("Width", MetricType.HISTOGRAM, "px", List.of("ModelName")));
    assertThat(measures.ofServer()).extracting(DeclaredMetric::name).containsExactly("Requests2XX");
    assertThat(measures.systemInterval()).isNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "[1]; not a mapping (expected: dimensions, model_metrics, ts_metrics)",
        "ts_metrics:; model_metrics: null (expected: metrics by type)",
        "{model_metrics: {dial: []}}; model_metrics: dial: unknown type (expected: counter, gauge"
            + " or histogram)",
        "{model_metrics: {gauge: [{name: G, unit: ms}]}}; model_metrics: gauge: G: dimensions: null"
            + " (expected: a list of names)",
        "{model_metrics: {gauge: [{unit: ms, dimensions: []}]}}; model_metrics: gauge: name: null"
            + " (expected: a text)",
        "{model_metrics: {gauge: []}, more: 1}; more: unknown key (expected: dimensions,"
            + " model_metrics, ts_metrics)",
      })
  void namesWhatIsWrongWithAFile(String text, String problem) throws IOException {
    Path path = file(text);
    assertThat(Loading.torchserve("metrics_config=" + path).problems())
        .containsExactly("metrics_config: " + path + ": " + problem);
  }

  @Test
  void refusesWhatIsNoYamlOrNotThere() throws IOException {
    Path path = file("a: [");
    assertThat(Loading.torchserve("metrics_config=" + path).problems())
        .singleElement()
        .asString()
        .startsWith("metrics_config: " + path + ": ")
        .endsWith("(expected: YAML)");
    assertThat(Loading.torchserve("metrics_config=absent.yaml").problems())
        .singleElement()
        .asString()
        .contains("metrics_config: absent.yaml (expected: an existing file)");
  }

  @Test
  void saysWhereTheServerMeasuresOtherwise() throws IOException {
    Path path =
        file(
            "{model_metrics: {gauge: []}, ts_metrics: {histogram:"
                + " [{name: QueueTime, unit: ms, dimensions: [Level, Hostname]}]}}");
    String what =
        "metrics_config: " + path + ": ts_metrics: QueueTime: histogram (expected: gauge)";
    assertThat(Loading.mariner("metrics_config=" + path).problems()).containsExactly(what);
    assertThat(Loading.torchserve("metrics_config=" + path).warnings()).contains(what);
  }

  @Test
  void theFileOfTheInstallationIsWhatHoldsWithoutOne() {
    Path path = Path.of(System.getProperty("mariner.root", "."), "ts", "configs", "metrics.yaml");
    MetricsConfig measures =
        Loading.mariner("metrics_config=" + path.toAbsolutePath()).config().measures();
    assertThat(measures.ofServer()).containsExactlyInAnyOrderElementsOf(StandardMetrics.OF_SERVER);
    assertThat(measures.ofModels())
        .extracting(DeclaredMetric::name)
        .containsExactly("HandlerTime", "PredictionTime");
  }
}
