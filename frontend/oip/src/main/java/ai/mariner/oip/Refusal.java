package ai.mariner.oip;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.error.ServeException;
import java.util.List;
import java.util.Map;

/** Messages that are not as they should be. */
final class Refusal {
  private static final int MAX_SHOWN = 100;

  private Refusal() {}

  static ServeException of(String message) {
    return new ServeException(ErrorKind.BAD_REQUEST, message);
  }

  static ServeException of(String message, Throwable cause) {
    return new ServeException(Failure.of(ErrorKind.BAD_REQUEST, message), cause);
  }

  /** A value for a message: short, on one line, and no part of a structure. */
  static String shown(Object value) {
    if (value instanceof Map) {
      return "an object";
    }
    if (value instanceof List) {
      return "an array";
    }
    String text = value.toString();
    StringBuilder shown = new StringBuilder();
    int end = Math.min(text.length(), MAX_SHOWN);
    for (int i = 0; i < end; i++) {
      char c = text.charAt(i);
      boolean plain = !Character.isISOControl(c) && !Character.isSurrogate(c);
      shown.append(plain ? c : '?');
    }
    return text.length() > MAX_SHOWN ? shown.append("...").toString() : shown.toString();
  }
}
