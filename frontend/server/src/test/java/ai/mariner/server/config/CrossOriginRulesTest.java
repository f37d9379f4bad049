package ai.mariner.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.CorsConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CrossOriginRulesTest {
  @Test
  void originsAreAList() {
    CorsConfig cors =
        Loading.mariner(
                "cors_allowed_origin=http://a.example, https://b.example:8443,null",
                "cors_allowed_origin_pattern=https://.*\\\\.c\\\\.example",
                "cors_allow_credentials=true",
                "cors_exposed_headers=x-request-id",
                "cors_max_age=60")
            .config()
            .cors();
    assertThat(cors.origins())
        .containsExactly("http://a.example", "https://b.example:8443", "null");
    assertThat(cors.names("https://x.c.example")).isTrue();
    assertThat(cors.names("https://xc.example")).isFalse();
    assertThat(cors.credentials()).isTrue();
    assertThat(cors.maxAgeSeconds()).isEqualTo(60);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.example", "http://a.example/", "http://*.a.example", "http://u@a"})
  void whatNoBrowserSendsIsAnErrorHereAndAWarningThere(String origin) {
    String line = "cors_allowed_origin=http://b.example," + origin;
    String text =
        "cors_allowed_origin: "
            + origin
            + " is what no browser sends (expected: scheme://host[:port] without a path, or *)"
            + " [config.properties]";
    assertThat(Loading.mariner(line).problems()).containsExactly(text);
    assertThat(Loading.torchserve(line).problems()).isEmpty();
    assertThat(Loading.torchserve(line).warnings()).containsExactly(text);
  }

  @Test
  void credentialsAreForOriginsThatAreNamed() {
    assertThat(Loading.mariner("cors_allowed_origin=*", "cors_allow_credentials=true").problems())
        .containsExactly(
            "cors_allow_credentials: true (expected: false, or the names of the origins in"
                + " cors_allowed_origin in place of *) [config.properties]");
  }

  @Test
  void proxiesAreAddressesAndRanges() {
    assertThat(
            Loading.mariner("trusted_proxies=10.0.0.0/8, ::1,unix")
                .config()
                .trustedProxies()
                .unixSockets())
        .isTrue();
    assertThat(Loading.mariner("trusted_proxies=proxy.example").problems())
        .containsExactly(
            "trusted_proxies: proxy.example (expected: IP addresses, ranges such as 10.0.0.0/8, or"
                + " unix, with commas between them) [config.properties]");
  }
}
