package ai.mariner.rest;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.message.Datatype;
import ai.mariner.core.message.Signature;
import ai.mariner.core.message.TensorSpec;
import ai.mariner.core.testing.Fuzz;
import ai.mariner.oip.OipBinary;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Damaged requests: each is answered or refused, nothing is thrown, no memory is kept. */
@Tag("fuzz")
class RequestFuzzTest {
  private static final String MULTIPART =
      "--b\r\nContent-Disposition: form-data; name=\"a\"; filename=\"f\"\r\n"
          + "Content-Type: image/png\r\n\r\nPNG\r\n--b\r\n"
          + "Content-Disposition: form-data; name=\"c\"\r\n\r\nvalue\r\n--b--\r\n";
  private static final List<String> WORDS =
      List.of(
          "\r\n",
          "\r\n\r\n",
          "Content-Length: 5\r\n",
          "Transfer-Encoding: chunked\r\n",
          "X-Request-Timeout-Ms: ",
          "X-Request-Id: \377\r\n",
          "Authorization: Bearer x\r\n",
          "Expect: 100-continue\r\n",
          "Connection: close\r\n",
          "--b",
          "--",
          "%00",
          "%",
          "..",
          "/",
          "?",
          "=",
          "&",
          "9223372036854775808",
          "-1");

  private static List<byte[]> bytes(String... texts) {
    return List.of(texts).stream().map(text -> text.getBytes(StandardCharsets.ISO_8859_1)).toList();
  }

  @Test
  void requests() {
    List<byte[]> seeds =
        bytes(
            "POST /predictions/m HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: a\r\n"
                + "X-Request-Timeout-Ms: 100\r\nContent-Length: 5\r\n\r\nhello",
            "GET /readyz?model=echo HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "GET /v2/models/echo/versions/1.0/ready HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "PUT /predictions/m/1.0/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "3\r\nabc\r\n2;e=1\r\nde\r\n0\r\nTrailer: 1\r\n\r\n",
            "POST /predictions/m HTTP/1.1\r\nHost: x\r\nContent-Type:"
                + " application/x-www-form-urlencoded\r\nContent-Length: 13\r\n\r\na=1&b=%20%ff+",
            "POST /models HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                + "Content-Length: 14\r\n\r\n{\"url\": \"e.m\"}",
            "PUT /models/echo?min_worker=1&synchronous=true HTTP/1.1\r\nHost: localhost\r\n\r\n");
    TestServer server = new TestServer();
    Listener listener = server.listener(Api.INFERENCE, Api.MANAGEMENT, Api.METRICS);
    new Fuzz("rest", "request", seeds, WORDS).run(300, bytes -> feed(server, listener, bytes));
  }

  @Test
  void multipartBodies() {
    TestServer server = new TestServer();
    Listener listener = server.listener(Api.INFERENCE);
    new Fuzz("rest", "multipart", bytes(MULTIPART), WORDS)
        .run(300, bytes -> post(server, listener, bytes));
  }

  @Test
  void tensors() {
    TestServer server = new TestServer();
    TensorSpec x = new TensorSpec("x", Datatype.INT8, List.of(-1L), false);
    server.models.signature = new Signature(List.of(x), List.of(), true);
    Listener listener = server.listener(Api.INFERENCE);
    String json =
        "{\"id\": \"1\", \"parameters\": {\"binary_data_output\": true, \"timeout\": 9},"
            + " \"inputs\": [{\"name\": \"x\", \"datatype\": \"INT8\", \"shape\": [2], \"data\":"
            + " [1, 2]}]}";
    String binary = json.replace("\"data\": [1, 2]", "\"parameters\": {\"binary_data_size\": 2}");
    new Fuzz("rest", "tensors", bytes(json, binary + "ab"), WORDS)
        .run(300, body -> infer(server, listener, body, binary.length()));
  }

  private static void infer(TestServer server, Listener listener, byte[] body, int headLength) {
    String head =
        "POST /v2/models/m/infer HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n"
            + (body.length > headLength ? OipBinary.HEADER + ": " + headLength + "\r\n" : "")
            + "Content-Length: "
            + body.length
            + "\r\n\r\n";
    int answered = server.statuses.size();
    String text = head + new String(body, StandardCharsets.ISO_8859_1);
    feed(server, listener, text.getBytes(StandardCharsets.ISO_8859_1));
    assertThat(server.statuses).hasSize(answered + 1);
    // The stand-in for a worker echoes the request, whose form is no answer.
    assertThat(server.statuses.get(answered)).isIn(200, 400, 500);
    server.statuses.clear();
  }

  private static void post(TestServer server, Listener listener, byte[] body) {
    String head =
        "POST /predictions/m HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data;"
            + " boundary=b\r\nContent-Length: "
            + body.length
            + "\r\n\r\n";
    int answered = server.statuses.size();
    String text = head + new String(body, StandardCharsets.ISO_8859_1);
    feed(server, listener, text.getBytes(StandardCharsets.ISO_8859_1));
    assertThat(server.statuses).hasSize(answered + 1);
    assertThat(server.statuses.get(answered)).isIn(200, 400);
    server.statuses.clear();
  }

  private static void feed(TestServer server, Listener listener, byte[] bytes) {
    try (Wire wire = new Wire(listener)) {
      int half = bytes.length / 2;
      String text = new String(bytes, StandardCharsets.ISO_8859_1);
      wire.send(text.substring(0, half));
      if (wire.isOpen()) {
        wire.send(text.substring(half));
      }
      wire.channel.checkException();
    }
    assertThat(server.budget.usedBytes()).isZero();
    server.requests.clear();
    server.models.orders.clear();
  }
}
