package ai.mariner.oip;

import ai.mariner.core.message.Datatype;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Bytes that came as they are, held against the datatype and shape that they claim to have. */
final class RawData {
  private RawData() {}

  /**
   * Checks the data of a tensor.
   *
   * @param where what the tensor is, for messages
   * @param data all bytes of it
   * @return the data
   */
  static ByteBuffer checked(String where, Datatype datatype, Shape shape, ByteBuffer data) {
    if (datatype == Datatype.BYTES) {
      checkTexts(where, shape, data.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN));
      return data;
    }
    // At most 2^60 elements of at most 8 bytes: no overflow.
    long expected = shape.elements() * datatype.size();
    if (data.remaining() != expected) {
      throw Refusal.of(
          where
              + ": "
              + data.remaining()
              + " bytes of data (expected: "
              + expected
              + ", for "
              + datatype
              + " of shape "
              + shape
              + ")");
    }
    if (datatype == Datatype.BOOL) {
      checkTruths(where, data);
    }
    return data;
  }

  private static void checkTexts(String where, Shape shape, ByteBuffer data) {
    long elements = shape.elements();
    if (elements > data.remaining() / Integer.BYTES) {
      throw Refusal.of(
          where
              + ": "
              + data.remaining()
              + " bytes of data (expected: at least "
              + elements * Integer.BYTES
              + ", for BYTES of shape "
              + shape
              + ")");
    }
    for (long index = 0; index < elements; index++) {
      String element = where + ": element " + index + ": ";
      if (data.remaining() < Integer.BYTES) {
        throw Refusal.of(element + "the data ends before its length (expected: 4 bytes)");
      }
      long length = Integer.toUnsignedLong(data.getInt());
      if (length > data.remaining()) {
        throw Refusal.of(
            element
                + length
                + " bytes (expected: at most the "
                + data.remaining()
                + " that follow)");
      }
      data.position(data.position() + (int) length);
    }
    if (data.hasRemaining()) {
      throw Refusal.of(
          where
              + ": "
              + data.remaining()
              + " bytes after the last element (expected: none, for BYTES of shape "
              + shape
              + ")");
    }
  }

  private static void checkTruths(String where, ByteBuffer data) {
    for (int i = data.position(); i < data.limit(); i++) {
      byte value = data.get(i);
      if (value != 0 && value != 1) {
        throw Refusal.of(
            where
                + ": element "
                + (i - data.position())
                + ": "
                + (value & 0xFF)
                + " (expected: 0 or 1, for BOOL)");
      }
    }
  }
}
