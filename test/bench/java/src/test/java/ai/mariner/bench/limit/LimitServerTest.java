package ai.mariner.bench.limit;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LimitServerTest {
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 1024, 20_000, 3_000_000})
  void bodiesOfAnySizeComeBackUnchanged(int size) throws Exception {
    byte[] body = new byte[size];
    new Random(1).nextBytes(body);
    LimitServer.Options options = new LimitServer.Options(0, null, "python3", 2, 4, 8);
    try (LimitServer server = LimitServer.start(options)) {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/"))
              .version(HttpClient.Version.HTTP_1_1)
              .POST(HttpRequest.BodyPublishers.ofByteArray(body))
              .build();
      HttpResponse<byte[]> answer =
          HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofByteArray());
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.body()).isEqualTo(body);
    }
  }
}
