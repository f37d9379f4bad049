package ai.mariner.oip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import ai.mariner.core.message.Datatype;
import ai.mariner.core.message.Signature;
import ai.mariner.core.message.TensorSpec;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SignatureCheckTest {
  private static final TensorSpec X = new TensorSpec("x", Datatype.INT8, List.of(-1L, 2L), false);
  private static final TensorSpec MASK = new TensorSpec("mask", Datatype.BOOL, List.of(-1L), true);
  private static final Signature SIGNATURE =
      new Signature(
          List.of(X, MASK), List.of(new TensorSpec("y", Datatype.INT8, List.of(-1L), false)), true);

  private static InferMessage request(String inputs, String outputs) {
    return Messages.request("{\"inputs\": [" + inputs + "], \"outputs\": [" + outputs + "]}");
  }

  private static String x(String datatype, String shape, String data) {
    return """
    {"name": "x", "datatype": "%s", "shape": %s, "data": %s}\
    """
        .formatted(datatype, shape, data);
  }

  @Test
  void whatIsDeclaredPassesAndOptionalInputsMayBeMissing() {
    String x = x("INT8", "[1, 2]", "[1, 2]");
    String mask =
        """
        {"name": "mask", "datatype": "BOOL", "shape": [1], "data": [true]}\
        """;
    assertThatCode(() -> SignatureCheck.check(SIGNATURE, request(x, "")))
        .doesNotThrowAnyException();
    assertThatCode(
            () -> SignatureCheck.check(SIGNATURE, request(mask + "," + x, "{\"name\": \"y\"}")))
        .doesNotThrowAnyException();
  }

  @Test
  void aModelThatDeclaresNothingTakesAnything() {
    Signature any = new Signature(List.of(), List.of(), true);
    assertThatCode(
            () -> SignatureCheck.check(any, request(x("FP32", "[]", "[1]"), "{\"name\":\"q\"}")))
        .doesNotThrowAnyException();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "INT16 | [1, 2] | [1, 2] | input \"x\": INT16 (expected: INT8)",
        "INT8 | [2] | [1, 2] | input \"x\": shape [2] (expected: [-1, 2], where -1 is any)",
        "INT8 | [2, 1] | [1, 2] | input \"x\": shape [2, 1] (expected: [-1, 2], where -1 is any)",
      })
  void whatDoesNotFitIsNamed(String datatype, String shape, String data, String message) {
    InferMessage request = request(x(datatype, shape, data), "");
    assertThat(Messages.refusal(() -> SignatureCheck.check(SIGNATURE, request))).isEqualTo(message);
  }

  @Test
  void missingAndUnknownNamesAreNamed() {
    InferMessage nothing = request("", "");
    assertThat(Messages.refusal(() -> SignatureCheck.check(SIGNATURE, nothing)))
        .isEqualTo("input \"x\" is missing (expected: INT8)");
    InferMessage other = request(x("INT8", "[1, 2]", "[1, 2]").replace("\"x\"", "\"z\""), "");
    assertThat(Messages.refusal(() -> SignatureCheck.check(SIGNATURE, other)))
        .isEqualTo("input \"z\" is unknown (expected: x, mask)");
    InferMessage wanted = request(x("INT8", "[1, 2]", "[1, 2]"), "{\"name\": \"q\"}");
    assertThat(Messages.refusal(() -> SignatureCheck.check(SIGNATURE, wanted)))
        .isEqualTo("output \"q\" is unknown (expected: y)");
  }

  @Test
  void onlyWhatCanBeJoinedHasAKey() {
    InferMessage one = request(x("INT8", "[1, 2]", "[1, 2]"), "");
    InferMessage two = request(x("INT8", "[2, 2]", "[1, 2, 3, 4]"), "");
    assertThat(SignatureCheck.batchKey(SIGNATURE, one))
        .isNotNull()
        .isEqualTo(SignatureCheck.batchKey(SIGNATURE, two));
    Signature single = new Signature(SIGNATURE.inputs(), SIGNATURE.outputs(), false);
    assertThat(SignatureCheck.batchKey(single, one)).isNull();
    String mask =
        """
        ,{"name": "mask", "datatype": "BOOL", "shape": [3], "data": [true, true, true]}\
        """;
    InferMessage uneven = request(x("INT8", "[1, 2]", "[1, 2]") + mask, "");
    assertThat(SignatureCheck.batchKey(SIGNATURE, uneven)).isNull();
    assertThat(SignatureCheck.batchKey(SIGNATURE, request(x("INT8", "[]", "[1]"), ""))).isNull();
  }
}
