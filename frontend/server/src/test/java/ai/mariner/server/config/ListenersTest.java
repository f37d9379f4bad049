package ai.mariner.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.ListenerAddress;
import ai.mariner.core.config.ServerConfig;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ListenersTest {
  @ParameterizedTest
  @CsvSource({
    "inference_address, http://localhost, localhost, 80",
    "management_address, http://localhost, localhost, 8081",
    "metrics_address, http://localhost/, localhost, 8082",
    "inference_address, HTTP://127.0.0.9:0, 127.0.0.9, 0",
    "inference_address, http://[::1]:8443, ::1, 8443",
  })
  void readsHttpAddresses(String key, String text, String host, int port) {
    ServerConfig config = Loading.mariner(key + "=" + text).config();
    ListenerAddress address =
        switch (key) {
          case "inference_address" -> config.inference();
          case "management_address" -> config.management();
          default -> config.metrics();
        };
    assertThat(address).isEqualTo(ListenerAddress.tcp(host, port));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "127.0.0.1:8080", "http://", "http://host:70000", "http://host:80:81", "http://a b",
        "http://host/path", "unix:relative", "unix:/folder/", "http://host:-1", "unix:"
      })
  void refusesWhatIsNoAddress(String text) {
    assertThat(Loading.mariner("inference_address=" + text).problems())
        .containsExactly(
            "inference_address: "
                + text
                + " (expected: http://host[:port], https://host[:port] or unix:/path of at most 100"
                + " bytes)"
                + " [config.properties]");
  }

  @Test
  void limitsTheLengthOfUnixPaths() {
    String fits = "/" + "é".repeat(49) + "x";
    assertThat(Loading.mariner("inference_address=unix:" + fits).config().inference())
        .isEqualTo(ListenerAddress.unix(Path.of(fits)));
    assertThat(Loading.mariner("inference_address=unix:" + fits + "x").problems()).hasSize(1);
  }

  @Test
  void inferenceAndManagementMayShareAListener() {
    String shared = "http://127.0.0.1:8085";
    ServerConfig config =
        Loading.mariner("inference_address=" + shared, "management_address=" + shared).config();
    assertThat(config.inference()).isEqualTo(config.management());
    assertThat(Loading.mariner("grpc_inference_port=7071").config())
        .satisfies(one -> assertThat(one.grpcInference()).isEqualTo(one.grpcManagement()));
  }

  @Test
  void otherListenersMayNotMeet() {
    assertThat(Loading.mariner("metrics_address=http://127.0.0.1:8080").problems())
        .containsExactly(
            "metrics_address: http://127.0.0.1:8080 (expected: an address that inference_address"
                + " (http://127.0.0.1:8080) does not take)");
    assertThat(Loading.mariner("grpc_inference_port=8081").problems()).hasSize(1);
    assertThat(
            Loading.mariner("grpc_inference_port=8081", "grpc_inference_address=127.0.0.2")
                .problems())
        .isEmpty();
    assertThat(Loading.mariner("enable_metrics_api=false", "grpc_inference_port=8082").config())
        .extracting(ServerConfig::metrics)
        .isNull();
  }

  @Test
  void freePortsNeverMeet() {
    assertThat(
            Loading.mariner(
                    "inference_address=http://127.0.0.1:0",
                    "metrics_address=http://127.0.0.1:0",
                    "grpc_inference_port=0",
                    "grpc_management_port=0")
                .problems())
        .isEmpty();
  }

  @Test
  void refusesOpenListenersWithoutTokenUnderMariner() {
    Loading loading = Loading.mariner("inference_address=http://0.0.0.0:8080");
    assertThat(loading.problems())
        .containsExactly(
            "inference_address: http://0.0.0.0:8080 (expected: a loopback address, or"
                + " disable_token_authorization=false, or TLS, or --allow-insecure)");
    assertThat(loading.args("--allow-insecure").problems()).isEmpty();
    assertThat(loading.warnings())
        .containsExactly(
            "inference_address: http://0.0.0.0:8080 is open to other machines and asks for no"
                + " token: whoever reaches it can use it");
    assertThat(
            Loading.mariner(
                    "inference_address=http://0.0.0.0:8080", "disable_token_authorization=false")
                .config()
                .tokenAuthorization())
        .isTrue();
  }

  @Test
  void onlyWarnsOfThemUnderTorchserve() {
    Loading guarded = Loading.torchserve("grpc_inference_address=0.0.0.0");
    assertThat(guarded.problems()).isEmpty();
    assertThat(guarded.warnings()).isEmpty();
    assertThat(guarded.args("--disable-token-auth").warnings())
        .containsExactly(
            "grpc_inference_address: 0.0.0.0:7070 is open to other machines and asks for"
                + " no token: whoever reaches it can use it");
  }

  @Test
  void openMetricsAreAlwaysWorthAWarning() {
    assertThat(Loading.mariner("metrics_address=http://[::]:8082").warnings())
        .containsExactly(
            "metrics_address: http://[::]:8082 is open to other machines; metrics are never"
                + " behind a token");
  }

  @Test
  void anOpenManagementListenerSwitchesTheModelApiOff() {
    Loading loading =
        Loading.mariner(
            "management_address=http://10.0.0.1:8081", "disable_token_authorization=false");
    assertThat(loading.config().modelApi()).isFalse();
    assertThat(loading.warnings())
        .hasSize(1)
        .first()
        .asString()
        .startsWith("enable_model_api: off");
    assertThat(loading.args("--enable-model-api").config().modelApi()).isTrue();
  }

  @Test
  void unixSocketsAreNotOpen() {
    assertThat(Loading.mariner("inference_address=unix:/run/m.sock").warnings()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"127.0.0.1:7070", "http://127.0.0.1", "a/b", "'a b'"})
  void grpcAddressesAreHostsOnly(String text) {
    assertThat(Loading.mariner("grpc_inference_address=" + text).problems())
        .containsExactly(
            "grpc_inference_address: "
                + text
                + " (expected: a host name or address without a port) [config.properties]");
  }
}
