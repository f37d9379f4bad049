package ai.mariner.core.message;

import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What the elements of a tensor are. */
public enum Datatype {
  /** One byte, 0 or 1. */
  BOOL(1),
  /** Signed, 1 byte. */
  INT8(1),
  /** Signed, 2 bytes. */
  INT16(2),
  /** Signed, 4 bytes. */
  INT32(4),
  /** Signed, 8 bytes. */
  INT64(8),
  /** Unsigned, 1 byte. */
  UINT8(1),
  /** Unsigned, 2 bytes. */
  UINT16(2),
  /** Unsigned, 4 bytes. */
  UINT32(4),
  /** Unsigned, 8 bytes. */
  UINT64(8),
  /** IEEE 754 half precision. */
  FP16(2),
  /** The upper half of a single precision number. */
  BF16(2),
  /** IEEE 754 single precision. */
  FP32(4),
  /** IEEE 754 double precision. */
  FP64(8),
  /** Any number of bytes, after their number as 4 bytes. */
  BYTES(0);

  private static final Map<String, Datatype> BY_NAME =
      Arrays.stream(values())
          .collect(Collectors.toUnmodifiableMap(Enum::name, Function.identity()));

  private final int size;

  Datatype(int size) {
    this.size = size;
  }

  /** Bytes of one element; 0 for {@link #BYTES}, whose elements have sizes of their own. */
  public int size() {
    return size;
  }

  /** Whether all elements have the same size. */
  public boolean isFixed() {
    return size > 0;
  }

  /** Whether elements may have a fraction. */
  public boolean isFloat() {
    return this == FP16 || this == BF16 || this == FP32 || this == FP64;
  }

  /** The datatype of this name, in the protocol's spelling; {@code null} if there is none. */
  public static @Nullable Datatype named(String name) {
    return BY_NAME.get(name);
  }

  /** All names, for messages. */
  public static String names() {
    return Arrays.stream(values()).map(Enum::name).collect(Collectors.joining(", "));
  }
}
