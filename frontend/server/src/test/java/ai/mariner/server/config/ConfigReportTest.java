package ai.mariner.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.Profile;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;

class ConfigReportTest {
  private static JsonNode report(Profile profile, Loading loading) throws JsonProcessingException {
    return new ObjectMapper().readTree(ConfigReport.json(profile, loading.outcome()));
  }

  private static JsonNode setting(JsonNode report, String key) {
    for (JsonNode setting : report.get("settings")) {
      if (setting.get("key").textValue().equals(key)) {
        return setting;
      }
    }
    throw new AssertionError(key);
  }

  private static void assertInForce(JsonNode report, String key, String value, String origin) {
    JsonNode setting = setting(report, key);
    assertThat(setting.get("value").textValue()).isEqualTo(value);
    assertThat(setting.get("origin").textValue()).isEqualTo(origin);
  }

  @Test
  void namesTheOriginOfEachValue() throws JsonProcessingException {
    Loading loading =
        Loading.torchserve(
                "enable_envvars_config=true",
                "job_queue_size=$$SIZE$$",
                "max_request_size=9",
                "keystore_pass=secret",
                "model_store=a")
            .env("SIZE", "12")
            .env("TS_MAX_REQUEST_SIZE", "10")
            .args("--model-store", "b", "--enable-model-api");
    JsonNode report = report(Profile.TORCHSERVE, loading);
    assertThat(report.get("profile").textValue()).isEqualTo("torchserve");
    assertThat(report.get("problems")).isEmpty();
    assertThat(report.get("warnings")).hasSize(1);
    assertInForce(report, "job_queue_size", "12", "config.properties");
    assertInForce(report, "max_request_size", "10", "environment variable TS_MAX_REQUEST_SIZE");
    assertInForce(report, "model_store", "b", "--model-store");
    assertInForce(report, "enable_model_api", "true", "--enable-model-api");
    assertInForce(report, "keystore_pass", "***", "config.properties");
    assertInForce(report, "metrics_mode", "log", null);
    assertInForce(report, "default_workers_per_model", "4", null);
    assertInForce(report, "vmargs", null, null);
  }

  @Test
  void namesProblemsAndStillEveryKey() throws JsonProcessingException {
    JsonNode report = report(Profile.MARINER, Loading.mariner("job_queue_size=many"));
    assertThat(report.get("problems").get(0).textValue()).contains("job_queue_size: many");
    assertInForce(report, "job_queue_size", "many", "config.properties");
    assertThat(report.get("settings")).hasSameSizeAs(new Settings().all());
  }
}
