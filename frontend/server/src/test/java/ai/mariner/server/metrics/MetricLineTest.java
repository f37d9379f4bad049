package ai.mariner.server.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MetricLineTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "[METRICS]PredictionTime.Milliseconds:0.24|#ModelName:echo,Level:Model|#type:GAUGE|#hostname:vm,1795159175,a-b,c-d;"
            + "PredictionTime.Milliseconds:0.24|#ModelName:echo,Level:Model|#hostname:vm,requestID:a-b,c-d,timestamp:1795159175",
        "INFO >"
            + " [METRICS]Size.GB:1e-05|#Level:Host|#hostname:vm,12;Size.GB:1e-05|#Level:Host|#hostname:vm,timestamp:12",
        "[METRICS]my.metric.ms:3|#|#type:COUNTER|#hostname:vm,12;my.metric.ms:3|#|#hostname:vm,timestamp:12",
      })
  void turnsAPrintedMetricIntoALogLine(String printed, String logged) {
    MetricLine line = MetricLine.parse(printed);
    assertThat(line).isNotNull();
    assertThat(line).hasToString(logged);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "hello",
        "[METRICS]",
        "[METRICS]x",
        "[METRICS]a.b:x|#|#hostname:h,1",
        "[METRICS]a:1|#|#hostname:h,1",
        "[METRICS]a.b:1|#L:M|#hostname:h",
        "say [METRICS]a.b:1|#|#hostname:h,1"
      })
  void leavesOtherLinesAlone(String printed) {
    assertThat(MetricLine.parse(printed)).isNull();
  }

  @Test
  void longLinesTakeLinearTime() {
    assertThat(MetricLine.parse("[METRICS]" + "a.".repeat(50_000))).isNull();
  }
}
