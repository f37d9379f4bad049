package ai.mariner.oip;

import com.fasterxml.jackson.core.io.NumberInput;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Reads JSON lists of numbers as floats, rounded as {@link Float#parseFloat} does it. What is
 * unusual is left to the parser, which knows what to say of it.
 */
final class FloatScanner {
  /** More digits than these do not fit into a long. */
  private static final int MOST_DIGITS = 18;

  private static final int LARGEST_EXACT = 22;
  private static final int NONE = -1;

  /** The bits of a double that a float lacks, and where half of a float's last bit is in them. */
  private static final long LOST = (1L << 29) - 1;

  private static final long HALF = 1L << 28;

  /** By how much the lost bits may be wrong after two roundings, and a margin. */
  private static final long DOUBT = 4;

  private static final double[] POWERS = new double[LARGEST_EXACT + 1];

  static {
    double power = 1;
    for (int i = 0; i <= LARGEST_EXACT; i++) {
      POWERS[i] = power;
      power *= 10;
    }
  }

  private final byte[] text;
  private final int end;
  private final ByteBuffer room;
  private int at;

  /**
   * Makes a scanner.
   *
   * @param at behind the bracket that opens the list
   * @param end of the text
   * @param room for all elements
   */
  FloatScanner(byte[] text, int at, int end, ByteBuffer room) {
    this.text = text;
    this.at = at;
    this.end = end;
    this.room = room;
  }

  /**
   * Reads the list.
   *
   * @return where the bracket is that closes it; -1: it is not a plain one of these dimensions
   */
  int read(List<Long> dims) {
    int all = room.remaining() / Float.BYTES;
    if (all == 0) {
      return NONE;
    }
    boolean read = next() == '[' ? nested(dims, 0) : numbers(all);
    return read ? at : NONE;
  }

  private boolean nested(List<Long> dims, int depth) {
    long count = dims.get(depth);
    if (depth == dims.size() - 1) {
      return numbers(count);
    }
    for (long i = 0; i < count; i++) {
      if (i > 0 && !skip(',')) {
        return false;
      }
      if (!skip('[') || !nested(dims, depth + 1) || !skip(']')) {
        return false;
      }
    }
    return next() == ']';
  }

  /** Reads so many numbers, up to the bracket behind them. */
  private boolean numbers(long count) {
    for (long i = 0; i < count; i++) {
      if (i > 0 && !skip(',')) {
        return false;
      }
      next();
      if (!number()) {
        return false;
      }
    }
    return next() == ']';
  }

  private int next() {
    while (at < end && text[at] == ' ') {
      at++;
    }
    return at < end ? text[at] : NONE;
  }

  private boolean skip(char wanted) {
    boolean found = next() == wanted;
    at++;
    return found;
  }

  private boolean number() {
    int begin = at;
    boolean negative = peek() == '-';
    if (negative) {
      at++;
    }
    int first = at;
    long digits = digits(0);
    if (at == first || (text[first] == '0' && at > first + 1)) {
      return false;
    }
    int count = at - first;
    int exponent = 0;
    if (peek() == '.') {
      int point = ++at;
      digits = digits(digits);
      exponent = point - at;
      if (exponent == 0) {
        return false;
      }
      count -= exponent;
    }
    int letter = peek();
    if (letter == 'e' || letter == 'E') {
      int power = power();
      if (power == Integer.MIN_VALUE) {
        return false;
      }
      exponent += power;
    }
    float value =
        count <= MOST_DIGITS ? value(digits, exponent) : Float.NaN; // NaN: not known this way
    if (Float.isNaN(value)) {
      String whole = new String(text, begin, at - begin, StandardCharsets.ISO_8859_1);
      value = NumberInput.parseFloat(whole, true);
      if (Float.isInfinite(value)) {
        return false;
      }
      negative = false;
    }
    room.putFloat(negative ? -value : value);
    return true;
  }

  private int peek() {
    return at < end ? text[at] : NONE;
  }

  /** Reads digits behind those that were read; too many of them overflow, and are not used. */
  private long digits(long before) {
    long value = before;
    int here = at;
    while (here < end) {
      int digit = text[here] - '0';
      if (digit < 0 || digit > 9) {
        break;
      }
      value = 10 * value + digit;
      here++;
    }
    at = here;
    return value;
  }

  /** Reads an exponent; the least integer: it is none, or an unusual one. */
  private int power() {
    at++;
    boolean negative = peek() == '-';
    if (negative || peek() == '+') {
      at++;
    }
    int first = at;
    long value = digits(0);
    int count = at - first;
    if (count == 0 || count > 3) {
      return Integer.MIN_VALUE;
    }
    return (int) (negative ? -value : value);
  }

  /** The float of these digits times ten to a power; NaN: it may be one of two. */
  private static float value(long digits, int exponent) {
    if (digits == 0) {
      return 0;
    }
    if (exponent > LARGEST_EXACT || exponent < -LARGEST_EXACT) {
      return Float.NaN;
    }
    // Rounded twice at most, each time by half of its last bit; powers up to 10^22 are exact.
    double value = exponent < 0 ? digits / POWERS[-exponent] : digits * POWERS[exponent];
    long lost = Double.doubleToRawLongBits(value) & LOST;
    boolean clear = Math.abs(lost - HALF) > DOUBT;
    return clear && value >= Float.MIN_NORMAL && value < Float.MAX_VALUE
        ? (float) value
        : Float.NaN;
  }
}
