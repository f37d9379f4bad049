package ai.mariner.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class HttpReplyTest {
  private static String body(String answer) throws IOException {
    InputStream in = new ByteArrayInputStream(answer.getBytes(StandardCharsets.ISO_8859_1));
    return new String(HttpReply.read(in).body(in).readAllBytes(), StandardCharsets.ISO_8859_1);
  }

  @Test
  void readsBodiesOfEveryFraming() throws IOException {
    assertThat(body("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcd")).isEqualTo("abc");
    assertThat(body("HTTP/1.0 200\nServer: x\n\nabcd")).isEqualTo("abcd");
    String chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n";
    assertThat(body(chunked + "3;x=y\r\nabc\r\n0a\r\n0123456789\r\n0\r\n\r\n"))
        .isEqualTo("abc0123456789");
    assertThat(body("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\nx")).isEqualTo("x");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "HTTP/1.1 200 OK",
        "HTTP/2 200\r\n\r\n",
        "HTTP/1.1 2000\r\n\r\n",
        "SSH-2.0-x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcd",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nabc",
      })
  void refusesMalformedAnswers(String answer) {
    assertThatThrownBy(() -> body(answer)).isInstanceOf(IOException.class);
  }

  @Test
  void boundsTheSizeOfAllHeaders() {
    String endless = "HTTP/1.1 200 OK\r\n" + "a: b\r\n".repeat(20_000);
    assertThatThrownBy(() -> body(endless)).hasMessageContaining("headers are too long");
    String interim = "HTTP/1.1 100 Continue\r\n\r\n".repeat(10_000);
    assertThatThrownBy(() -> body(interim)).hasMessageContaining("headers are too long");
  }
}
