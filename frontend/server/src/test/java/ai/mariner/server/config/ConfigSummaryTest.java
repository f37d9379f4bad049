package ai.mariner.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ConfigSummaryTest {
  @Test
  void hasTheLabelsThatUsersLookFor() {
    assertThat(
            ConfigSummary.lines(
                Loading.torchserve("load_models=a=x.mar, y.mar", "model_store=store").config(),
                Loading.FOLDER))
        .contains(
            "Torchserve version: 0.13.0",
            "TS Home: /opt/mariner",
            "Current directory: /srv/app",
            "Inference address: http://127.0.0.1:8080",
            "Model Store: /srv/app/store",
            "Initial Models: a=x.mar,y.mar",
            "Default workers per model: 4",
            "Blacklist Regex: N/A",
            "Allowed Urls: [file://.*|http(s)?://.*]",
            "Metrics mode: log",
            "Model API enabled: false");
  }

  @Test
  void saysWhatIsNotThere() {
    assertThat(
            ConfigSummary.lines(
                Loading.mariner("enable_metrics_api=false").config(), Loading.FOLDER))
        .contains("Metrics address: N/A", "Initial Models: N/A", "Model Store: N/A");
  }
}
