package ai.mariner.oip;

import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Bytes that become more, read in the end without a copy. */
final class GrowingBytes extends OutputStream {
  private static final int LEAST = 64;

  private byte[] bytes;
  private int size;

  GrowingBytes(int expected) {
    this.bytes = new byte[Math.max(LEAST, expected)];
  }

  @Override
  public void write(int value) {
    reserve(1);
    bytes[size++] = (byte) value;
  }

  @Override
  public void write(byte[] source, int offset, int length) {
    reserve(length);
    System.arraycopy(source, offset, bytes, size, length);
    size += length;
  }

  /** Writes a number as 4 bytes, the lowest first. */
  void writeLength(int value) {
    reserve(Integer.BYTES);
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(size, value);
    size += Integer.BYTES;
  }

  /** Writes a number over 4 bytes that are there. */
  void setLength(int position, int value) {
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(position, value);
  }

  int size() {
    return size;
  }

  /** What was written; nothing must be written afterwards. */
  ByteBuffer view() {
    return ByteBuffer.wrap(bytes, 0, size).slice();
  }

  private void reserve(int more) {
    long needed = (long) size + more;
    if (needed > bytes.length) {
      if (needed > Integer.MAX_VALUE - Long.BYTES) {
        throw new OutOfMemoryError("a body of " + needed + " bytes");
      }
      long doubled = Math.min(2L * bytes.length, Integer.MAX_VALUE - Long.BYTES);
      bytes = Arrays.copyOf(bytes, (int) Math.max(needed, doubled));
    }
  }
}
