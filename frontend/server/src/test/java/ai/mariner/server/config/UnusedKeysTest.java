package ai.mariner.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UnusedKeysTest {
  @ParameterizedTest
  @CsvSource({
    "certificate_file=c.pem, 'an https:// address, or enable_grpc_ssl=true'",
    "private_key_file=k.pem, 'an https:// address, or enable_grpc_ssl=true'",
    "keystore=k.p12, 'an https:// address, or enable_grpc_ssl=true'",
    "keystore_pass=secret, 'an https:// address, or enable_grpc_ssl=true'",
    "client_ca_file=ca.pem, 'an https:// address, or enable_grpc_ssl=true'",
    "cors_allowed_methods=GET, cors_allowed_origin is set",
    "grpc_inference_max_connection_age_grace_ms=5, grpc_inference_max_connection_age_ms is set",
    "use_env_allowed_urls=true, enable_envvars_config=true",
  })
  void aKeyThatAppliesToNothingIsAnErrorHereAndAWarningThere(String line, String expected) {
    String key = line.substring(0, line.indexOf('='));
    String text = key + ": it applies to nothing (expected: " + expected + ") [config.properties]";
    assertThat(Loading.mariner(line).problems()).containsExactly(text);
    Loading torchserve = Loading.torchserve(line);
    assertThat(torchserve.problems()).isEmpty();
    assertThat(torchserve.warnings()).containsExactly(text);
  }

  @Test
  void theAddressOfAListenerThatIsOffAppliesToNothing() {
    assertThat(
            Loading.mariner("enable_metrics_api=false", "metrics_address=http://127.0.0.1:9")
                .problems())
        .containsExactly(
            "metrics_address: it applies to nothing (expected: enable_metrics_api=true)"
                + " [config.properties]");
  }

  @Test
  void whatAppliesIsNoFinding() {
    Loading loading =
        Loading.mariner(
            "cors_allowed_origin=*",
            "cors_allowed_methods=GET",
            "use_env_allowed_urls=true",
            "enable_envvars_config=true",
            "metrics_address=http://127.0.0.1:9");
    assertThat(loading.problems()).isEmpty();
    assertThat(loading.warnings()).isEmpty();
  }
}
