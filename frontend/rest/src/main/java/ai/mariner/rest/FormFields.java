package ai.mariner.rest;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.Body;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Fields of forms and query strings, {@code a=1&b=2}. */
final class FormFields {
  /** Fields of one form, query string or multipart body. */
  static final int MOST_FIELDS = 1000;

  private FormFields() {}

  /**
   * A field.
   *
   * @param name decoded name
   * @param value decoded bytes
   */
  record Field(String name, Body value) {
    /** The value as text. */
    String text() {
      return StandardCharsets.UTF_8.decode(value.bytes()).toString();
    }
  }

  /**
   * Reads fields.
   *
   * @param text as it came, one character a byte
   * @param where what the text is, for messages
   * @throws ServeException if an escape is malformed or there are too many fields
   */
  static List<Field> parse(String text, String where) {
    List<Field> fields = new ArrayList<>();
    int begin = 0;
    while (begin < text.length()) {
      int next = text.indexOf('&', begin);
      int end = next < 0 ? text.length() : next;
      if (end > begin) {
        fields.add(field(text, begin, end, where));
      }
      if (fields.size() > MOST_FIELDS) {
        throw new ServeException(
            ErrorKind.BAD_REQUEST,
            "Fields in the " + where + ": more than " + MOST_FIELDS + " (expected: fewer)");
      }
      begin = end + 1;
    }
    return fields;
  }

  private static Field field(String text, int begin, int end, String where) {
    int equals = text.indexOf('=', begin);
    int nameEnd = equals < 0 || equals > end ? end : equals;
    byte[] name = decode(text, begin, nameEnd, where);
    byte[] value = decode(text, Math.min(nameEnd + 1, end), end, where);
    return new Field(new String(name, StandardCharsets.UTF_8), Body.of(value));
  }

  private static byte[] decode(String text, int begin, int end, String where) {
    byte[] bytes = new byte[end - begin];
    int size = 0;
    for (int i = begin; i < end; i++) {
      char c = text.charAt(i);
      if (c == '%') {
        int high = i + 2 < end ? Character.digit(text.charAt(i + 1), 16) : -1;
        int low = i + 2 < end ? Character.digit(text.charAt(i + 2), 16) : -1;
        if (high < 0 || low < 0) {
          throw malformed(where, i);
        }
        bytes[size++] = (byte) ((high << 4) | low);
        i += 2;
      } else {
        bytes[size++] = c == '+' ? (byte) ' ' : (byte) c;
      }
    }
    return Arrays.copyOf(bytes, size);
  }

  private static ServeException malformed(String where, int at) {
    return new ServeException(
        ErrorKind.BAD_REQUEST,
        "Malformed escape in the "
            + where
            + " at position "
            + at
            + " (expected: % and two hexadecimal digits)");
  }
}
