package ai.mariner.rest;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LogRoutesTest {
  private final TestServer server = new TestServer();

  private String ask(String query, String headers) {
    try (Wire wire = new Wire(server.listener(Api.MANAGEMENT))) {
      return wire.send("GET /logs" + query + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n")
          .received();
    }
  }

  @Test
  void filesAreListedAndReadPageByPage() {
    assertThat(ask("", ""))
        .startsWith("HTTP/1.1 200 ")
        .contains("\"name\": \"model_log.log\"", "\"bytes\": 12");
    assertThat(ask("?file=model_log.log&lines=7", ""))
        .contains("content-type: text/plain; charset=utf-8\r\n", "X-Log-Position: a-7\r\n")
        .doesNotContain("X-Log-Begun")
        .endsWith("\r\nlast 7\n");
    assertThat(ask("?file=model_log.log&position=a-7", ""))
        .contains("X-Log-Begun: true\r\n")
        .endsWith("\r\nafter a-7\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "?file=../etc/passwd | 404 | expected: model_log.log",
        "?file=model_log.log&lines=0 | 400 | lines: 0",
        "?file=model_log.log&lines=10001 | 400 | expected: 1 to 10000",
        "?file=model_log.log&line=1 | 400 | line",
      })
  void whatIsNotThereIsNamed(String query, int status, String text) {
    assertThat(ask(query, "")).startsWith("HTTP/1.1 " + status + " ").contains(text);
  }

  @Test
  void whoIsUnknownIsToldNothing() {
    assertThat(ask("", "X-Forwarded-For: 1.2.3.4\r\n"))
        .startsWith("HTTP/1.1 401 ")
        .contains("expected: token authorization or client certificates");
    assertThat(ask("", "Origin: http://evil.example\r\n")).startsWith("HTTP/1.1 403 ");
  }
}
