package ai.mariner.rest;

import io.netty.buffer.ByteBuf;
import io.netty.util.ByteProcessor;

/**
 * Tells a form from a text that only came under a form's media type, as everything does that {@code
 * curl -d} sends. In a form every piece between {@code &} is {@code name=value}, names hold only
 * letters, digits, {@code _ . - [ ]}, {@code +} and {@code %XX}, no {@code %} is broken, and if
 * there is only one piece, its value is more than {@code =} signs. One {@code &} at the end counts
 * for nothing.
 */
final class FormRule implements ByteProcessor {
  private static final String PUNCTUATION = "_.-[]+";

  private boolean inValue;
  private int nameBytes;
  private int pieces;
  private int hexDigitsDue;
  private boolean valueBeyondEquals;

  private FormRule() {}

  static boolean isForm(ByteBuf body) {
    FormRule rule = new FormRule();
    if (!body.isReadable() || body.forEachByte(rule) >= 0 || rule.hexDigitsDue > 0) {
      return false;
    }
    boolean endsWithSeparator = !rule.inValue && rule.nameBytes == 0;
    if (!rule.inValue && !endsWithSeparator) {
      return false;
    }
    return rule.pieces > 1 || (rule.pieces == 1 && rule.valueBeyondEquals);
  }

  /** Reads on while this may be a form. */
  @Override
  public boolean process(byte value) {
    if (hexDigitsDue > 0) {
      hexDigitsDue--;
      return Character.digit((char) value, 16) >= 0;
    }
    if (value == '%') {
      hexDigitsDue = 2;
      nameBytes += inValue ? 0 : 1;
      valueBeyondEquals |= inValue;
      return true;
    }
    return inValue ? processValue(value) : processName(value);
  }

  private boolean processName(byte value) {
    if (value == '=') {
      inValue = true;
      pieces++;
      return nameBytes > 0;
    }
    nameBytes++;
    boolean letter = (value >= 'a' && value <= 'z') || (value >= 'A' && value <= 'Z');
    boolean digit = value >= '0' && value <= '9';
    return letter || digit || PUNCTUATION.indexOf(value) >= 0;
  }

  private boolean processValue(byte value) {
    if (value == '&') {
      inValue = false;
      nameBytes = 0;
    } else {
      valueBeyondEquals |= value != '=';
    }
    return true;
  }
}
