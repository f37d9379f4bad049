package ai.mariner.rest;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random and damaged input: nothing is thrown, nothing leaks, every request is answered once. */
class HostileInputTest {
  private static final int ROUNDS = 400;

  private static final String MULTIPART =
      "--b\r\nContent-Disposition: form-data; name=\"a\"; filename=\"f\"\r\n"
          + "Content-Type: image/png\r\n\r\nPNG\r\n--b\r\n"
          + "Content-Disposition: form-data; name=\"c\"\r\n\r\nvalue\r\n--b--\r\n";

  private static final String[] SEEDS = {
    FramingTest.post("/predictions/m", "hello"),
    FramingTest.get("/ping") + FramingTest.get("/readyz"),
    "PUT /predictions/m/1.0/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        + "3\r\nabc\r\n2;e=1\r\nde\r\n0\r\n\r\n",
    "POST /invocations?model_name=m HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data;"
        + " boundary=b\r\nContent-Length: "
        + MULTIPART.length()
        + "\r\n\r\n"
        + MULTIPART,
    "POST /predictions/m HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded"
        + "\r\nContent-Length: 13\r\n\r\na=1&b=%20%ff+",
    "POST /models?url=a.mar&batch_size=2 HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue"
        + "\r\nContent-Length: 0\r\n\r\n",
    "POST /models HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        + "Content-Length: 14\r\n\r\n{\"url\": \"e.m\"}",
  };

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void damagedRequests(long seed) {
    Random random = new Random(seed);
    TestServer server = new TestServer();
    Listener listener = server.listener(Api.INFERENCE, Api.MANAGEMENT, Api.METRICS);
    for (int round = 0; round < ROUNDS; round++) {
      String first = SEEDS[random.nextInt(SEEDS.length)];
      String text = first + SEEDS[random.nextInt(SEEDS.length)];
      byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
      for (int i = random.nextInt(6); i > 0; i--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      feed(listener, random, bytes);
      assertThat(server.budget.usedBytes()).as("round %d of seed %d", round, seed).isZero();
    }
    assertThat(server.statuses).contains(200, 400);
  }

  @Test
  void noise() {
    Random random = new Random(4);
    TestServer server = new TestServer();
    Listener listener = server.listener(Api.INFERENCE);
    for (int round = 0; round < ROUNDS; round++) {
      byte[] bytes = new byte[random.nextInt(300) + 1];
      random.nextBytes(bytes);
      feed(listener, random, bytes);
    }
    assertThat(server.requests).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(longs = {5, 6})
  void damagedMultipartBodies(long seed) {
    Random random = new Random(seed);
    TestServer server = new TestServer();
    Listener listener = server.listener(Api.INFERENCE);
    String alphabet = "\r\n--b: ;=\"name";
    for (int round = 0; round < ROUNDS; round++) {
      StringBuilder body = new StringBuilder(MULTIPART);
      for (int i = random.nextInt(5); i >= 0 && body.length() > 1; i--) {
        int at = random.nextInt(body.length());
        switch (random.nextInt(3)) {
          case 0 -> body.deleteCharAt(at);
          case 1 -> body.insert(at, alphabet.charAt(random.nextInt(alphabet.length())));
          default -> body.setLength(at + 1);
        }
      }
      String request =
          "POST /predictions/m HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data;"
              + " boundary=b\r\nContent-Length: "
              + body.length()
              + "\r\n\r\n"
              + body;
      int answered = server.statuses.size();
      feed(listener, random, request.getBytes(StandardCharsets.ISO_8859_1));
      assertThat(server.statuses).as("body %s", body).hasSize(answered + 1);
      assertThat(server.statuses.get(answered)).isIn(200, 400);
    }
  }

  private static void feed(Listener listener, Random random, byte[] bytes) {
    try (Wire wire = new Wire(listener)) {
      int at = 0;
      while (at < bytes.length && wire.isOpen()) {
        int size = Math.min(bytes.length - at, random.nextInt(bytes.length) + 1);
        byte[] piece = new byte[size];
        System.arraycopy(bytes, at, piece, 0, size);
        wire.send(piece);
        at += size;
      }
      wire.channel.checkException();
    }
  }
}
