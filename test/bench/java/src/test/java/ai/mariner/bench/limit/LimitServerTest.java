package ai.mariner.bench.limit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LimitServerTest {
  private static HttpResponse<byte[]> post(LimitServer server, byte[] body) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/"))
            .version(HttpClient.Version.HTTP_1_1)
            .POST(HttpRequest.BodyPublishers.ofByteArray(body))
            .build();
    return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofByteArray());
  }

  private static byte[] head(int bodyBytes) {
    String text = "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: " + bodyBytes + "\r\n\r\n";
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 1024, 20_000, 3_000_000})
  void bodiesOfAnySizeComeBackUnchanged(int size) throws Exception {
    byte[] body = new byte[size];
    new Random(1).nextBytes(body);
    LimitServer.Options options = new LimitServer.Options(0, null, "python3", 2, 4, 8);
    try (LimitServer server = LimitServer.start(options)) {
      HttpResponse<byte[]> answer = post(server, body);
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.body()).isEqualTo(body);
    }
  }

  @Test
  void clientsThatLeaveInTheMidstHarmNoOther() throws Exception {
    byte[] body = new byte[3_000_000];
    new Random(1).nextBytes(body);
    LimitServer.Options options = new LimitServer.Options(0, null, "python3", 1, 4, 8);
    try (LimitServer server = LimitServer.start(options)) {
      for (int i = 0; i < 10; i++) {
        try (Socket inRequest = new Socket("127.0.0.1", server.port());
            Socket inAnswer = new Socket("127.0.0.1", server.port())) {
          inRequest.getOutputStream().write(head(body.length));
          inRequest.getOutputStream().write(body, 0, body.length / 2);
          inAnswer.getOutputStream().write(head(body.length));
          inAnswer.getOutputStream().write(body);
          assertThat(inAnswer.getInputStream().readNBytes(100)).hasSize(100);
        }
        assertThat(post(server, body).body()).isEqualTo(body);
      }
    }
  }

  @Test
  void requestsOfOneConnectionAreAnsweredInOrder() throws Exception {
    LimitServer.Options options = new LimitServer.Options(0, null, "python3", 2, 4, 1);
    try (LimitServer server = LimitServer.start(options);
        Socket socket = new Socket("127.0.0.1", server.port())) {
      ByteArrayOutputStream requests = new ByteArrayOutputStream();
      ByteArrayOutputStream answers = new ByteArrayOutputStream();
      for (int i = 0; i < 50; i++) {
        byte[] body = new byte[] {(byte) i, 1, 2};
        requests.write(head(body.length));
        requests.write(body);
        answers.write(
            "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        answers.write(body);
      }
      socket.getOutputStream().write(requests.toByteArray());
      assertThat(socket.getInputStream().readNBytes(answers.size()))
          .isEqualTo(answers.toByteArray());
    }
  }
}
