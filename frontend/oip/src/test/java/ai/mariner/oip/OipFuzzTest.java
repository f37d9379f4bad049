package ai.mariner.oip;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.Body;
import ai.mariner.core.testing.Fuzz;
import ai.mariner.oip.InferMessage.Side;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Damaged messages: read, or refused as the client's fault; what was read can be written. */
@Tag("fuzz")
final class OipFuzzTest {
  private static final int ROUNDS = 5000;
  private static final List<String> WORDS =
      List.of(
          "{",
          "}",
          "[",
          "]",
          ",",
          ":",
          "\"",
          "null",
          "true",
          "-1",
          "1e999",
          "NaN",
          "-Infinity",
          "\\ud800",
          "\"data\":",
          "\"shape\": [",
          "\"datatype\": \"BYTES\"",
          "\"BF16\"",
          "\"binary_data_size\": 4",
          "\"inputs\": [",
          "\"name\": \"x\"",
          "9223372036854775807",
          "18446744073709551616",
          "\377\376",
          "\0\0\0\0",
          "\377\377\377\377");

  private static List<byte[]> seeds(boolean form) throws IOException {
    return VectorsTest.messages()
        .map(vector -> form ? vector.form() : vector.text())
        .map(OipFuzzTest::array)
        .toList();
  }

  private static byte[] array(ByteBuffer bytes) {
    byte[] array = new byte[bytes.remaining()];
    bytes.duplicate().get(array);
    return array;
  }

  @Test
  void texts() throws IOException {
    new Fuzz("oip", "text", seeds(false), WORDS)
        .run(ROUNDS, bytes -> tried(() -> OipText.read(Side.REQUEST, ByteBuffer.wrap(bytes))));
  }

  @Test
  void forms() throws IOException {
    new Fuzz("oip", "form", seeds(true), WORDS)
        .run(
            ROUNDS,
            bytes -> {
              tried(() -> OipForm.read(Side.REQUEST, ByteBuffer.wrap(bytes)));
              tried(() -> OipForm.read(Side.ANSWER, ByteBuffer.wrap(bytes)));
            });
  }

  @Test
  void bodiesWithDataBehindTheirJson() throws IOException {
    new Fuzz("oip", "binary", seeds(true), WORDS)
        .run(
            ROUNDS,
            bytes -> {
              ByteBuffer body = ByteBuffer.wrap(bytes);
              int head = bytes.length < 4 ? 0 : bytes[0] & 0xFF;
              ByteBuffer rest = bytes.length < 4 ? body : body.position(4).slice();
              tried(() -> OipBinary.read(Side.REQUEST, rest, Integer.toString(head)));
            });
  }

  private interface Reading {
    InferMessage message();
  }

  private static void tried(Reading reading) {
    InferMessage message;
    try {
      message = reading.message();
    } catch (ServeException e) {
      assertThat(e.failure().kind()).isEqualTo(ErrorKind.BAD_REQUEST);
      assertThat(e.failure().message()).contains("expected:").hasSizeLessThan(1000);
      return;
    }
    InferMessage again = OipForm.read(message.side(), OipForm.write(message, Body.empty()).bytes());
    assertThat(again).isEqualTo(message);
    OipText.read(message.side(), OipText.write(message));
  }
}
