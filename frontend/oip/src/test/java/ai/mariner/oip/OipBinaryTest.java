package ai.mariner.oip;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.message.Datatype;
import ai.mariner.oip.InferMessage.Side;
import java.nio.ByteBuffer;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Data behind the JSON of REST. */
final class OipBinaryTest {
  private static final String MIXED =
      "{\"inputs\": [{\"name\": \"a\", \"datatype\": \"INT8\", \"shape\": [2], \"parameters\":"
          + " {\"binary_data_size\": 2, \"k\": \"v\"}}, {\"name\": \"b\", \"datatype\": \"INT8\","
          + " \"shape\": [1], \"data\": [5]}, {\"name\": \"c\", \"datatype\": \"BYTES\", \"shape\":"
          + " [1], \"parameters\": {\"binary_data_size\": 6}}]}";
  private static final byte[] TAIL = {1, 2, 2, 0, 0, 0, 'h', 'i'};

  private static ByteBuffer body(String head, byte[] tail) {
    ByteBuffer text = Messages.bytes(head);
    return ByteBuffer.allocate(text.remaining() + tail.length).put(text).put(tail).flip();
  }

  private static InferMessage read(String head, byte[] tail, String length) {
    return OipBinary.read(Side.REQUEST, body(head, tail), length);
  }

  private static String length(String head) {
    return Integer.toString(Messages.bytes(head).remaining());
  }

  @Test
  void tensorsInTheJsonAndBehindItMayBeMixed() {
    InferMessage message = read(MIXED, TAIL, length(MIXED));

    assertThat(message.tensors().get(0).data()).isEqualTo(ByteBuffer.wrap(new byte[] {1, 2}));
    assertThat(message.tensors().get(0).parameters()).isEqualTo(Map.of("k", "v"));
    assertThat(message.tensors().get(1).data()).isEqualTo(ByteBuffer.wrap(new byte[] {5}));
    assertThat(message.tensors().get(2).byteSize()).isEqualTo(6);
  }

  @Test
  void dataAreViewsOfTheBody() {
    ByteBuffer body = body(MIXED, TAIL);
    InferMessage message = OipBinary.read(Side.REQUEST, body, length(MIXED));

    body.put(body.limit() - TAIL.length, (byte) 9);

    assertThat(message.tensors().get(0).data().get()).isEqualTo((byte) 9);
  }

  @Test
  void aHeadThatIsLongerThanTheBodyOrNoNumberIsRefused() {
    for (String length : new String[] {"100000", "-1", "", "1e1", "99999999999999", "+5", "x"}) {
      assertThat(Messages.refusal(() -> read(MIXED, TAIL, length)))
          .startsWith("Inference-Header-Content-Length: ")
          .contains("expected: a number of bytes, at most");
    }
    assertThat(Messages.refusal(() -> read(MIXED, TAIL, "10"))).startsWith("body: ");
  }

  @Test
  void sizesThatDoNotFitAreRefused() {
    assertThat(Messages.refusal(() -> read(MIXED, new byte[] {1, 2, 2, 0, 0}, length(MIXED))))
        .startsWith("input \"c\": binary_data_size: 6 (expected: at most 3");
    String more = MIXED.replace("\"binary_data_size\": 2", "\"binary_data_size\": 3");
    assertThat(Messages.refusal(() -> read(more, TAIL, length(more))))
        .startsWith("input \"a\": 3 bytes of data (expected: 2");
    String huge =
        MIXED.replace("\"binary_data_size\": 2", "\"binary_data_size\": 1" + "0".repeat(30));
    assertThat(Messages.refusal(() -> read(huge, TAIL, length(huge)))).contains("input \"a\"");
  }

  @Test
  void outputsComeAsTheRequestWants() {
    InferMessage request =
        Messages.request(
            "{\"inputs\": [], \"parameters\": {\"binary_data_output\": true}, \"outputs\":"
                + " [{\"name\": \"text\", \"parameters\": {\"binary_data\": false}}, {\"name\":"
                + " \"raw\"}]}");
    InferMessage answer =
        Messages.answer(
            Messages.tensor("text", Datatype.INT8, Shape.of(1), 7),
            Messages.tensor("raw", Datatype.INT16, Shape.of(1), 8, 0));

    OipBinary.Written written = OipBinary.write(answer, OutputWishes.of(request));

    assertThat(written.pieces()).hasSize(2);
    assertThat(written.headLength()).isEqualTo(written.pieces().get(0).remaining());
    assertThat(Messages.text(written.pieces().get(0)))
        .contains("\"name\":\"text\",\"datatype\":\"INT8\",\"shape\":[1],\"data\":[7]")
        .contains("\"parameters\":{\"binary_data_size\":2}");
    assertThat(written.pieces().get(1)).isEqualTo(ByteBuffer.wrap(new byte[] {8, 0}));
  }

  @Test
  void aWishThatIsNoTruthValueIsRefused() {
    InferMessage request =
        Messages.request("{\"inputs\": [], \"parameters\": {\"binary_data_output\": \"yes\"}}");

    assertThat(Messages.refusal(() -> OutputWishes.of(request)))
        .isEqualTo("parameters.binary_data_output: yes (expected: true or false)");
  }
}
