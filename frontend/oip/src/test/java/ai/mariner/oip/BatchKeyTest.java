package ai.mariner.oip;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Which requests may run together. */
final class BatchKeyTest {
  private static BatchKey key(String datatype, String shape, String data) {
    Tensor input = Messages.input(datatype, shape, data);
    return BatchKey.of(
        new InferMessage(
            InferMessage.Side.REQUEST,
            null,
            null,
            null,
            java.util.Map.of(),
            java.util.List.of(input),
            java.util.List.of()));
  }

  @Test
  void requestsThatDifferOnlyInTheirRowsHaveTheSameKey() {
    assertThat(key("FP32", "[1, 2]", "[1, 2]")).isEqualTo(key("FP32", "[2, 2]", "[1, 2, 3, 4]"));
  }

  @Test
  void otherTypesShapesAndRanksHaveOtherKeys() {
    BatchKey key = key("FP32", "[1, 2]", "[1, 2]");

    assertThat(key("FP64", "[1, 2]", "[1, 2]")).isNotEqualTo(key);
    assertThat(key("FP32", "[2, 1]", "[1, 2]")).isNotEqualTo(key);
    assertThat(key("FP32", "[1]", "[1]")).isNotEqualTo(key("FP32", "[]", "[1]"));
  }
}
