package ai.mariner.oip;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FloatScannerTest {
  private static int read(String list, List<Long> dims, ByteBuffer room) {
    byte[] text = list.getBytes(StandardCharsets.UTF_8);
    return new FloatScanner(text, 1, text.length, room).read(dims);
  }

  private static void assertRounded(String number) {
    ByteBuffer room = ByteBuffer.allocate(4);
    assertThat(read("[" + number + "]", List.of(1L), room)).as(number).isPositive();
    assertThat(Float.floatToRawIntBits(room.getFloat(0)))
        .as(number)
        .isEqualTo(Float.floatToRawIntBits(Float.parseFloat(number)));
  }

  @Test
  void roundsRandomNumbersAsJavaDoes() {
    Random random = new Random(7);
    for (int i = 0; i < 200_000; i++) {
      float value = Float.intBitsToFloat(random.nextInt());
      if (Float.isFinite(value)) {
        assertRounded(Float.toString(value));
        assertRounded(Double.toString(value));
      }
      assertRounded(Double.toString(random.nextDouble() * Math.pow(10, random.nextInt(60) - 30)));
    }
  }

  @Test
  void roundsWhatLiesBetweenTwoFloats() {
    Random random = new Random(8);
    for (int i = 0; i < 50_000; i++) {
      float value = random.nextFloat() * (1 << random.nextInt(30));
      double between = ((double) value + Math.nextUp(value)) / 2;
      assertRounded(Double.toString(between));
      assertRounded(Double.toString(Math.nextUp(between)));
      assertRounded(Double.toString(Math.nextDown(between)));
      assertRounded(new java.math.BigDecimal(between).toPlainString());
      assertRounded(new java.math.BigDecimal(between).toPlainString() + "0000000001");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0",
        "-0",
        "-0.0",
        "0.1",
        "1e5",
        "1E+5",
        "-1.5e-3",
        "16777217",
        "9007199254740993",
        "123456789012345678901234567890",
        "1e-45",
        "1.17549435E-38",
        "3.4028235e38",
        "0e999"
      })
  void takesEveryFormOfNumber(String number) {
    assertRounded(number);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[01]", "[1.]", "[.5]", "[+1]", "[-]", "[1e]", "[1e+]", "[null]", "[NaN]", "[\"1\"]",
            "[1,]",
        "[,1]", "[1 2]", "[1, 2]", "[]", "[[1]", "[1", "[1e39]", "[1\n]", "[tru]", "[--1]", "[0x1]"
      })
  void leavesWhatIsUnusualToTheParser(String list) {
    assertThat(read(list, List.of(1L), ByteBuffer.allocate(4))).isNegative();
  }

  @Test
  void readsNestedListsOfTheirDimensionsOnly() {
    ByteBuffer room = ByteBuffer.allocate(16);
    String list = "[ [1, 2] ,[3,4 ]]";
    assertThat(read(list, List.of(2L, 2L), room)).isEqualTo(list.length() - 1);
    assertThat(room.getFloat(12)).isEqualTo(4f);
    assertThat(read("[[1,2,3],[4]]", List.of(2L, 2L), room.clear())).isNegative();
    assertThat(read("[[1,2],[3,4],[5,6]]", List.of(2L, 2L), room.clear())).isNegative();
    assertThat(read("[[[1,2],[3,4]]]", List.of(2L, 2L), room.clear())).isNegative();
    assertThat(read("[1,2,3,4]", List.of(2L, 2L), room.clear())).isPositive();
  }
}
