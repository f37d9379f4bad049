package ai.mariner.oip;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.message.Datatype;
import java.nio.ByteBuffer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What of JSON the vectors do not show. */
final class OipTextTest {
  @Test
  void keysOfATensorMayComeInAnyOrder() {
    Tensor tensor =
        Messages.request(
                "{\"inputs\": [{\"data\": [[1, 2], [3, 4]], \"parameters\": {\"a\": 1}, \"shape\":"
                    + " [2, 2], \"name\": \"\u00e9\", \"datatype\": \"INT16\"}]}")
            .tensors()
            .get(0);

    assertThat(tensor.name()).isEqualTo("\u00e9");
    assertThat(tensor.data()).isEqualTo(ByteBuffer.wrap(new byte[] {1, 0, 2, 0, 3, 0, 4, 0}));
  }

  @Test
  void aTextThatLiesInTheMiddleOfAnArrayOrOutsideTheHeapIsRead() {
    String text =
        "{\"inputs\": [{\"data\": [7], \"name\": \"x\", \"shape\": [1], \"datatype\": \"INT8\"}]}";
    ByteBuffer padded = Messages.bytes("xx" + text + "yy").position(2);
    ByteBuffer slice = padded.slice().limit(text.length());
    ByteBuffer direct = ByteBuffer.allocateDirect(text.length()).put(slice.duplicate()).flip();

    for (ByteBuffer each : new ByteBuffer[] {slice, direct, slice.asReadOnlyBuffer()}) {
      assertThat(OipText.read(InferMessage.Side.REQUEST, each).tensors().get(0).data().get())
          .isEqualTo((byte) 7);
    }
  }

  @Test
  void nullIsNotANumberAndComesBackAsNull() {
    Tensor tensor = Messages.input("FP32", "[2]", "[null, 1.5]");

    assertThat(tensor.data().getFloat()).isNaN();
    assertThat(Messages.text(OipText.write(Messages.answer(tensor))))
        .contains("\"data\":[null,1.5]");
  }

  @Test
  void infiniteNumbersOfAnAnswerAreNull() {
    Tensor tensor = Messages.tensor("y", Datatype.FP64, Shape.of(1), 0, 0, 0, 0, 0, 0, 0xF0, 0x7F);

    assertThat(Messages.text(OipText.write(Messages.answer(tensor)))).contains("\"data\":[null]");
  }

  @Test
  void bytesThatAreNoTextAreWrittenInBase64AndSaySo() {
    Tensor tensor = Messages.tensor("y", Datatype.BYTES, Shape.of(1), 2, 0, 0, 0, 0xFF, 0xFE);

    assertThat(Messages.text(OipText.write(Messages.answer(tensor))))
        .contains("\"parameters\":{\"content_type\":\"base64\"}")
        .contains("\"data\":[\"//4=\"]");
  }

  @Test
  void handlersOfTorchServeGetBytesInBase64() {
    Tensor tensor = Messages.input("BYTES", "[1]", "[\"abc\"]");

    assertThat(Messages.text(OipText.writeForHandler(Messages.answer(tensor))))
        .contains("\"data\":[\"YWJj\"]")
        .doesNotContain("content_type");
  }

  @Test
  void trueAndFalseMayBeNumbers() {
    assertThat(Messages.input("BOOL", "[4]", "[true, 0, 1, false]").data())
        .isEqualTo(ByteBuffer.wrap(new byte[] {1, 0, 1, 0}));
  }

  @Test
  void halfPrecisionIsReadFromJson() {
    assertThat(Messages.input("FP16", "[1]", "[1]").data().getShort()).isEqualTo((short) 0x3C00);
    assertThat(Messages.input("BF16", "[1]", "[1]").data().getShort()).isEqualTo((short) 0x3F80);
    assertThat(Messages.refusal(() -> Messages.input("FP16", "[1]", "[65520]")))
        .contains("65520")
        .contains("FP16");
  }

  @Test
  void optionalKeysMayBeNull() {
    InferMessage message =
        Messages.request(
            "{\"id\": null, \"parameters\": null, \"outputs\": null, \"inputs\": [{\"name\": \"x\","
                + " \"shape\": [0], \"datatype\": \"FP32\", \"parameters\": {\"a\": null},"
                + " \"data\": []}]}");

    assertThat(message.id()).isNull();
    assertThat(message.tensors().get(0).parameters()).isEmpty();
  }

  @Test
  void aHundredThousandInputsAreRefused() {
    String inputs =
        IntStream.range(0, 100_000)
            .mapToObj(
                i -> "{\"name\":\"" + i + "\",\"datatype\":\"BOOL\",\"shape\":[0],\"data\":[]}")
            .collect(Collectors.joining(","));

    assertThat(Messages.refusal(() -> Messages.request("{\"inputs\":[" + inputs + "]}")))
        .startsWith("inputs: more than 1024");
  }

  @Test
  void deepNestingIsRefused() {
    String deep = "[".repeat(100_000);

    assertThat(Messages.refusal(() -> Messages.input("FP32", "[1]", deep))).contains("input \"x\"");
    assertThat(Messages.refusal(() -> Messages.request("{\"id\": " + deep))).contains("an array");
    assertThat(Messages.refusal(() -> Messages.request("{\"parameters\": {\"a\":" + deep)))
        .contains("deep");
  }

  @Test
  void aShapeIsHeldAgainstTheTextBeforeMemoryIsTaken() {
    assertThat(Messages.refusal(() -> Messages.input("FP64", "[100000000]", "[1]")))
        .contains("input \"x\"")
        .contains("100000000 elements");
    assertThat(Messages.refusal(() -> Messages.input("BYTES", "[2000000000]", "[\"\"]")))
        .contains("2000000000 elements");
  }

  @Test
  void namesInMessagesAreCutAndOnOneLine() {
    String name = "a\\n" + "b".repeat(500);
    String refusal =
        Messages.refusal(
            () -> Messages.request("{\"inputs\": [{\"name\": \"" + name + "\", \"shape\": 1}]}"));

    assertThat(refusal).contains("a?bbb").hasSizeLessThan(300);
  }
}
