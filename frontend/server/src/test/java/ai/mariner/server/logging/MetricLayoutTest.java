package ai.mariner.server.logging;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.server.metrics.MetricLine;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.apache.logging.log4j.core.Logger;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.config.ConfigurationSource;
import org.apache.logging.log4j.core.config.xml.XmlConfiguration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricLayoutTest {
  private static final MetricLine OF_A_MODEL =
      Objects.requireNonNull(
          MetricLine.parse(
              "[METRICS]PredictionTime.ms:45|#ModelName:squeezenet,Level:Model|#type:GAUGE"
                  + "|#hostname:vm,1542275707,004bd136"));
  private static final MetricLine OF_THE_HOST =
      Objects.requireNonNull(MetricLine.parseBare("Free.GB:1.5|#|#hostname:vm,12"));

  @TempDir Path folder;

  @Test
  void aMetricIsAJsonObject() {
    assertThat(MetricJsonLayout.create().text(OF_A_MODEL))
        .isEqualTo(
            """
            {
              "MetricName": "PredictionTime",
              "Value": "45",
              "Unit": "ms",
              "Type": "GAUGE",
              "Dimensions": [
                {
                  "Name": "ModelName",
                  "Value": "squeezenet"
                },
                {
                  "Name": "Level",
                  "Value": "Model"
                }
              ],
              "DimensionNames": [
                "ModelName",
                "Level"
              ],
              "DimensionValues": [
                "squeezenet",
                "Model"
              ],
              "Timestamp": "1542275707",
              "RequestId": "004bd136",
              "HostName": "vm"
            }
            """);
    assertThat(MetricJsonLayout.create().text(OF_THE_HOST))
        .isEqualTo(
            """
            {
              "MetricName": "Free",
              "Value": "1.5",
              "Unit": "GB",
              "Dimensions": [],
              "DimensionNames": [],
              "DimensionValues": [],
              "Timestamp": "12",
              "HostName": "vm"
            }
            """);
  }

  @Test
  void aMetricIsAnEntryOfAQueryLog() {
    assertThat(new MetricQueryLayout(Map.of("REALM", "")).text(OF_A_MODEL))
        .isEqualTo(
            "HostName=vm\nRequestId=004bd136\nStartTime=1542275707\nProgram=MXNetModelServer\n"
                + "Metrics=PredictionTime=45 ms ModelName|squeezenet  Level|Model \nEOE\n");
    Map<String, String> environment = Map.of("REALM", "some", "MXNETMODELSERVER_PROGRAM", "mine");
    assertThat(new MetricQueryLayout(environment).text(OF_THE_HOST))
        .isEqualTo(
            "HostName=vm\nMarketplace=mine:Unknown:some\nStartTime=12\nProgram=mine\n"
                + "Metrics=Free=1.5 GB\nEOE\n");
  }

  @Test
  void log4jFindsTheLayoutsUnderTorchServesNames() throws IOException {
    assertThat(written("JSONPatternLayout"))
        .contains("\"MetricName\": \"Free\"", "}\nother words\n");
    assertThat(written("QLogLayout")).contains("Metrics=Free=1.5 GB\nEOE\nother words\n");
  }

  /** What a file of that layout has after a metric and another line. */
  private String written(String layout) throws IOException {
    Path file = folder.resolve(layout);
    String configuration =
        """
        <Configuration packages="org.pytorch.serve.util.logging">
          <Appenders><File name="f" fileName="%s"><%s/></File></Appenders>
          <Loggers><Root level="info"><AppenderRef ref="f"/></Root></Loggers>
        </Configuration>
        """
            .formatted(file, layout);
    byte[] bytes = configuration.getBytes(StandardCharsets.UTF_8);
    try (LoggerContext context = new LoggerContext(layout)) {
      var source = new ConfigurationSource(new ByteArrayInputStream(bytes));
      context.start(new XmlConfiguration(context, source));
      Logger log = context.getLogger("TS_METRICS");
      log.info("{}", OF_THE_HOST);
      log.info("{} words", "other");
    }
    return Files.readString(file);
  }
}
