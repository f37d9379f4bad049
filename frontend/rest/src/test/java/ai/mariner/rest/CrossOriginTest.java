package ai.mariner.rest;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.access.AccessPolicy;
import ai.mariner.core.config.CorsConfig;
import ai.mariner.core.config.Profile;
import ai.mariner.core.config.TrustedProxies;
import ai.mariner.core.message.Body;
import ai.mariner.core.message.Reply;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CrossOriginTest {
  private static final CorsConfig SEVERAL =
      new CorsConfig(
          List.of("http://a.example", "https://B.example:8443"),
          Pattern.compile("https://[a-z]+\\.c\\.example"),
          "GET, POST, PUT",
          "*",
          "x-request-id",
          true,
          600);

  private static TestServer server(CorsConfig cors) {
    return new TestServer(Profile.MARINER, AccessPolicy.OPEN, config -> config.cors(cors));
  }

  private static String ask(TestServer server, Api api, String line, String headers) {
    try (Wire wire = new Wire(server.listener(api))) {
      return wire.send(line + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n").received();
    }
  }

  private static String origin(String origin) {
    return "Origin: " + origin + "\r\n";
  }

  @ParameterizedTest
  @ValueSource(strings = {"http://a.example", "https://b.example:8443", "https://xy.c.example"})
  void anAnswerNamesTheOriginThatAskedIfItIsAllowed(String page) {
    for (String line : List.of("GET /ping", "GET /nowhere", "DELETE /ping")) {
      assertThat(ask(server(SEVERAL), Api.INFERENCE, line, origin(page)))
          .contains(
              "Access-Control-Allow-Origin: " + page + "\r\n",
              "Access-Control-Allow-Credentials: true\r\n",
              "Access-Control-Expose-Headers: x-request-id\r\n",
              "Vary: Origin\r\n");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"http://a.example:81", "https://a.example", "https://x.c.example.evil", "null"})
  void otherOriginsAreToldNothingAndCachesThatItDepends(String page) {
    String preflight = "Access-Control-Request-Method: POST\r\n";
    TestServer server = server(SEVERAL);
    for (String line : List.of("GET /ping", "OPTIONS /predictions/m")) {
      assertThat(ask(server, Api.INFERENCE, line, origin(page) + preflight))
          .contains("Vary: Origin\r\n")
          .doesNotContain("Access-Control-Allow");
    }
    assertThat(ask(server, Api.INFERENCE, "GET /ping", ""))
        .contains("Vary: Origin\r\n")
        .doesNotContain("Access-Control-Allow");
  }

  @Test
  void aPreflightNamesTheHeadersThatWereAskedForWhereAllAreAllowed() {
    String asked =
        origin("http://a.example")
            + "Access-Control-Request-Method: PUT\r\n"
            + "Access-Control-Request-Headers: authorization,content-type\r\n";
    assertThat(ask(server(SEVERAL), Api.MANAGEMENT, "OPTIONS /models/echo", asked))
        .startsWith("HTTP/1.1 200 ")
        .contains(
            "Access-Control-Allow-Origin: http://a.example\r\n",
            "Access-Control-Allow-Headers: authorization,content-type\r\n",
            "Access-Control-Allow-Methods: GET, POST, PUT\r\n",
            "Access-Control-Max-Age: 600\r\n",
            "content-length: 0\r\n")
        .doesNotContain("Access-Control-Allow-Headers: *");
  }

  @Test
  void allMethodsAreNamedWhereABrowserWouldTakeTheStarForOne() {
    CorsConfig all = new CorsConfig(List.of("http://a.example"), null, "*", null, null, true, null);
    assertThat(ask(server(all), Api.INFERENCE, "GET /ping", ""))
        .contains("Access-Control-Allow-Methods: DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT\r\n");
  }

  @Test
  void oneOriginStandsInEveryAnswer() {
    CorsConfig one = CorsConfig.of(List.of("http://a.example"), "GET", null);
    for (String asking : List.of("", origin("http://b.example"))) {
      assertThat(ask(server(one), Api.INFERENCE, "GET /ping", asking))
          .contains("Access-Control-Allow-Origin: http://a.example\r\n")
          .doesNotContain("Vary");
    }
  }

  @Test
  void aHandlersVaryKeepsOurs() {
    TestServer server = server(SEVERAL);
    Reply.Header own = new Reply.Header("Vary", "Accept");
    server.handler =
        (request, sink) ->
            sink.end(new Reply(200, null, null, List.of(own), Body.of(new byte[] {'x'})));
    assertThat(ask(server, Api.INFERENCE, "GET /predictions/m", origin("http://a.example")))
        .contains("Vary: Accept\r\n", "Vary: Origin\r\n");
  }

  @ParameterizedTest
  @CsvSource({
    "unix,https://models.example,202",
    "unix,https://evil.example,403",
    "10.0.0.0/8,https://models.example,403",
    ",https://models.example,403",
  })
  void aProxyOfOursSaysWhatTheServerIsCalled(String trusted, String page, int status) {
    List<String> proxies = trusted == null ? List.of() : List.of(trusted);
    TestServer server =
        new TestServer(
            Profile.MARINER,
            AccessPolicy.OPEN,
            config -> config.trustedProxies(TrustedProxies.parse(proxies)));
    String forwarded =
        "X-Forwarded-Host: other.example, models.example\r\nX-Forwarded-For: 6.6.6.6, 1.2.3.4\r\n";
    assertThat(ask(server, Api.MANAGEMENT, "PUT /models/echo", origin(page) + forwarded))
        .startsWith("HTTP/1.1 " + status + " ");
    boolean believed = "unix".equals(trusted);
    assertThat(server.accessLines.get(0)).startsWith(believed ? "1.2.3.4 " : "127.0.0.1 ");
  }
}
