package ai.mariner.oip;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Numbers of 16 bits. */
final class HalfTest {
  @Test
  void everyHalfPrecisionNumberComesBack() {
    for (int bits = 0; bits <= 0xFFFF; bits++) {
      short half = (short) bits;
      float value = Half.toFloat(half);
      if (Float.isNaN(value)) {
        assertThat(Float.isNaN(Half.toFloat(Half.fromFloat(value)))).isTrue();
      } else {
        assertThat(Half.fromFloat(value)).as("%x", bits).isEqualTo(half);
      }
    }
  }

  @Test
  void halvesBetweenTwoNumbersGoToTheEvenOne() {
    for (int bits = 0; bits < 0x7BFF; bits++) {
      float low = Half.toFloat((short) bits);
      float high = Half.toFloat((short) (bits + 1));
      int even = bits % 2 == 0 ? bits : bits + 1;
      assertThat(Half.fromFloat((low + high) / 2)).isEqualTo((short) even);
      assertThat(Half.fromFloat(-(low + high) / 2)).isEqualTo((short) (even | 0x8000));
    }
  }

  @Test
  void knownNumbersAreWhatTheyAre() {
    assertThat(Half.toFloat((short) 0x3C00)).isEqualTo(1);
    assertThat(Half.toFloat((short) 0xC000)).isEqualTo(-2);
    assertThat(Half.toFloat((short) 0x7BFF)).isEqualTo(65504);
    assertThat(Half.toFloat((short) 1)).isEqualTo(0x1p-24f);
    assertThat(Half.toFloat(Half.fromFloat(65520))).isInfinite();
    assertThat(Half.toFloat(Half.fromFloat(65519))).isEqualTo(65504);
  }

  @Test
  void brainFloatsAreRoundedToEven() {
    assertThat(Half.brainFromFloat(1)).isEqualTo((short) 0x3F80);
    assertThat(Half.brainFromFloat(Float.intBitsToFloat(0x3F80_8000))).isEqualTo((short) 0x3F80);
    assertThat(Half.brainFromFloat(Float.intBitsToFloat(0x3F81_8000))).isEqualTo((short) 0x3F82);
    assertThat(Half.brainFromFloat(Float.intBitsToFloat(0x3F80_8001))).isEqualTo((short) 0x3F81);
    assertThat(Half.brainToFloat(Half.brainFromFloat(Float.NaN))).isNaN();
    assertThat(Half.brainToFloat(Half.brainFromFloat(Float.MAX_VALUE))).isInfinite();
  }
}
