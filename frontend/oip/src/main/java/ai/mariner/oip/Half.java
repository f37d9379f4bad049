package ai.mariner.oip;

/** Floats of 16 bits, to and from those of 32. */
final class Half {
  private static final int EXPONENT_SHIFT = 13;
  private static final int SIGN = 0x8000;
  private static final int INFINITY = 0x7C00;

  private Half() {}

  /** The half precision number next to a float, ties to even; too large ones become infinite. */
  static short fromFloat(float value) {
    int bits = Float.floatToRawIntBits(value);
    int sign = (bits >>> 16) & SIGN;
    int magnitude = bits & 0x7FFF_FFFF;
    if (magnitude > 0x7F80_0000) {
      return (short) (sign | INFINITY | 0x200 | ((magnitude >>> EXPONENT_SHIFT) & 0x1FF));
    }
    if (magnitude >= 0x4780_0000) {
      return (short) (sign | INFINITY);
    }
    if (magnitude >= 0x3880_0000) {
      int rebased = magnitude - (112 << 23);
      int rounded = rebased + 0xFFF + ((rebased >>> EXPONENT_SHIFT) & 1);
      return (short) (sign | (rounded >>> EXPONENT_SHIFT));
    }
    // Below the smallest normal number: a multiple of 2^-24.
    double scaled = Math.rint(Math.abs((double) value) * 0x1p24);
    return (short) (sign | (int) scaled);
  }

  /** The float that a half precision number is. */
  static float toFloat(short half) {
    int bits = half & 0xFFFF;
    int sign = (bits & SIGN) << 16;
    int exponent = (bits & INFINITY) >>> 10;
    int fraction = bits & 0x3FF;
    if (exponent == 0) {
      float value = fraction * 0x1p-24f;
      return sign == 0 ? value : -value;
    }
    if (exponent == 0x1F) {
      return Float.intBitsToFloat(sign | 0x7F80_0000 | (fraction << EXPONENT_SHIFT));
    }
    return Float.intBitsToFloat(sign | ((exponent + 112) << 23) | (fraction << EXPONENT_SHIFT));
  }

  /** The bfloat16 next to a float, ties to even. */
  static short brainFromFloat(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) ((bits >>> 16) | 0x40);
    }
    return (short) ((bits + 0x7FFF + ((bits >>> 16) & 1)) >>> 16);
  }

  /** The float that a bfloat16 is. */
  static float brainToFloat(short brain) {
    return Float.intBitsToFloat(brain << 16);
  }
}
