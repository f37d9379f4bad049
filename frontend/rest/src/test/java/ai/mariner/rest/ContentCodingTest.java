package ai.mariner.rest;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies that come with a content coding are without one for everybody behind the connection. */
class ContentCodingTest {
  private final TestServer server = new TestServer();
  private final List<String> headers = new ArrayList<>();

  ContentCodingTest() {
    server.handler =
        (request, sink) -> {
          request.headers().forEach((name, value) -> headers.add(name + ": " + value));
          TestServer.echo(request, sink);
        };
  }

  @AfterEach
  void nothingIsLeftOfTheBudget() {
    assertThat(server.budget.usedBytes()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "x-gzip", "GZIP", "deflate", "raw deflate", "zstd"})
  void understoodCodingsAreUndone(String coding) throws IOException {
    String text = "hello ".repeat(10_000);
    String answer = ask(coding.replace("raw ", ""), packed(coding, text));
    assertThat(answer).startsWith("HTTP/1.1 200 ").endsWith("\r\n\r\n" + text);
    assertThat(headers)
        .contains("Content-Length: 60000")
        .noneMatch(header -> header.startsWith("Content-Encoding"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"identity", "", "Identity"})
  void noCodingIsNothingToUndo(String coding) {
    assertThat(ask(coding, bytes("plain"))).startsWith("HTTP/1.1 200 ").endsWith("plain");
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "zstd"})
  void bytesMayComeOneByOne(String coding) throws IOException {
    byte[] body = packed(coding, "dripping");
    try (Wire wire = new Wire(server.listener(Api.INFERENCE))) {
      wire.send(head(coding, body.length));
      for (byte each : body) {
        wire.send(new byte[] {each});
      }
      assertThat(wire.received()).endsWith("\r\n\r\ndripping");
      wire.send(FramingTest.post("/predictions/echo", "next"));
      assertThat(wire.received()).endsWith("\r\n\r\nnext");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "zstd"})
  void filesThatWereJoinedAreReadToTheEnd(String coding) throws IOException {
    ByteArrayOutputStream joined = new ByteArrayOutputStream();
    for (String part : List.of("one, ", "x".repeat(5000), " and three")) {
      joined.write(packed(coding, part));
    }
    assertThat(ask(coding, joined.toByteArray()))
        .endsWith("one, " + "x".repeat(5000) + " and three");
  }

  @ParameterizedTest
  @ValueSource(strings = {"br", "gzip, gzip", "identity, br", "compress", "gz\u00efp"})
  void othersAreRefusedWithWhatIsUnderstood(String coding) {
    assertThat(ask(coding, bytes("whatever")))
        .startsWith("HTTP/1.1 415 ")
        .contains(
            "UnsupportedMediaTypeException",
            "Accept-Encoding: gzip, deflate, zstd",
            "expected: one of gzip, deflate, zstd, or none");
    assertThat(server.requests).isEmpty();
  }

  @Test
  void aRefusedCodingIsNotAskedFor() {
    try (Wire wire = new Wire(server.listener(Api.INFERENCE))) {
      wire.send(
          "POST /predictions/echo HTTP/1.1\r\nHost: x\r\nContent-Encoding: br\r\n"
              + "Content-Length: 9\r\nExpect: 100-continue\r\n\r\n");
      assertThat(wire.received()).startsWith("HTTP/1.1 415 ").doesNotContain("100 Continue");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "deflate", "zstd"})
  void bombsAreStoppedAtTheLimitOfBodies(String coding) throws IOException {
    byte[] bomb = packed(coding, "0".repeat(20_000_000));
    assertThat(bomb.length).isLessThan(TestServer.MAX_REQUEST_BYTES);
    assertThat(ask(coding, bomb)).startsWith("HTTP/1.1 413 ").contains("max_request_size");
    assertThat(server.requests).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "zstd"})
  void whatIsUnpackedCountsAgainstTheSharedBudget(String coding) throws IOException {
    assertThat(server.budget.tryAcquire(290_000)).isTrue();
    assertThat(ask(coding, packed(coding, "0".repeat(50_000))))
        .startsWith("HTTP/1.1 503 ")
        .contains("max_inflight_bytes");
    server.budget.release(290_000);
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "deflate", "zstd"})
  void aTornBodyIsRefusedForWhatItIs(String coding) throws IOException {
    byte[] whole = packed(coding, "hello ".repeat(1000));
    assertThat(ask(coding, Arrays.copyOf(whole, whole.length - 5)))
        .startsWith("HTTP/1.1 400 ")
        .contains("it ends early (expected: " + coding + ")");
    assertThat(server.requests).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "zstd"})
  void whatIsNotPackedAtAllIsRefused(String coding) {
    assertThat(ask(coding, bytes("{\"plain\": true}")))
        .startsWith("HTTP/1.1 400 ")
        .contains("not what its Content-Encoding says", "(expected: " + coding + ")");
  }

  @Test
  void framesThatLookBackFartherThanHttpAllowsAreRefused() {
    // A head of a frame of 16 MiB with a window of that size, and an empty last block.
    byte[] wide = {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd, 0, 14 << 3, 1, 0, 0};
    assertThat(ask("zstd", wide)).startsWith("HTTP/1.1 400 ").contains("(expected: zstd)");
    wide[5] = 13 << 3;
    assertThat(ask("zstd", wide)).startsWith("HTTP/1.1 200 ");
  }

  @Test
  void manyTinyMembersAreRefused() throws IOException {
    ByteArrayOutputStream joined = new ByteArrayOutputStream();
    byte[] empty = packed("gzip", "");
    for (int i = 0; i < 1500; i++) {
      joined.write(empty);
    }
    assertThat(ask("gzip", joined.toByteArray())).startsWith("HTTP/1.1 400 ");
  }

  private String ask(String coding, byte[] body) {
    try (Wire wire = new Wire(server.listener(Api.INFERENCE))) {
      wire.send(head(coding, body.length));
      return wire.send(body).received();
    }
  }

  private static String head(String coding, int length) {
    return "POST /predictions/echo HTTP/1.1\r\nHost: x\r\nContent-Encoding: "
        + coding
        + "\r\nContent-Length: "
        + length
        + "\r\n\r\n";
  }

  private static byte[] packed(String coding, String text) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (OutputStream packing =
        switch (coding) {
          case "deflate" -> new DeflaterOutputStream(out);
          case "zstd" -> new ZstdOutputStreamNoFinalizer(out);
          case "raw deflate" -> new DeflaterOutputStream(out, new Deflater(6, true));
          default -> new GZIPOutputStream(out);
        }) {
      packing.write(bytes(text));
    }
    return out.toByteArray();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
