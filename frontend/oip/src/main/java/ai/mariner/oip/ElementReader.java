package ai.mariner.oip;

import ai.mariner.core.message.Datatype;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Reads one element after the other into bytes. */
abstract class ElementReader {
  final JsonParser parser;
  private final Datatype datatype;
  private final String where;

  private ElementReader(JsonParser parser, Datatype datatype, String where) {
    this.parser = parser;
    this.datatype = datatype;
    this.where = where;
  }

  static ElementReader of(Datatype datatype, JsonParser parser, String where, int elements) {
    if (!datatype.isFixed()) {
      return new Texts(parser, where, elements);
    }
    if ((long) elements * datatype.size() > Integer.MAX_VALUE - Long.BYTES) {
      throw Refusal.of(where + ": " + elements + " elements (expected: less than 2 GiB of data)");
    }
    ByteBuffer data =
        ByteBuffer.allocate(elements * datatype.size()).order(ByteOrder.LITTLE_ENDIAN);
    return datatype.isFloat()
        ? new Floats(parser, datatype, where, data)
        : new Integers(parser, datatype, where, data);
  }

  /**
   * Reads the element at which the parser stands.
   *
   * @param index which one, for messages
   */
  abstract void read(JsonToken token, long index) throws IOException;

  /**
   * Reads all elements at once, if the list at whose beginning the parser stands is a plain one of
   * these dimensions; the parser stands before its end then. Else nothing has been read.
   */
  boolean readAll(List<Long> dims) {
    return false;
  }

  /** All elements that were read. */
  abstract ByteBuffer data();

  /** What a token is, in words. */
  static String named(@Nullable JsonToken token) {
    if (token == null) {
      return "nothing";
    }
    return switch (token) {
      case START_OBJECT -> "an object";
      case START_ARRAY -> "an array";
      case VALUE_STRING -> "a string";
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> "a number";
      default -> token.toString().toLowerCase(Locale.ROOT).replace("value_", "");
    };
  }

  final RuntimeException refusal(JsonToken token, long index, String expected) throws IOException {
    String found = token.isScalarValue() ? Refusal.shown(parser.getText()) : named(token);
    return Refusal.of(
        where + ": element " + index + ": " + found + " (expected: " + expected + ")");
  }

  final RuntimeException outside(JsonToken token, long index) throws IOException {
    return refusal(token, index, "a number in the range of " + datatype);
  }

  private static final class Integers extends ElementReader {
    private final ByteBuffer data;
    private final Datatype datatype;
    private final long min;
    private final long max;

    Integers(JsonParser parser, Datatype datatype, String where, ByteBuffer data) {
      super(parser, datatype, where);
      this.data = data;
      this.datatype = datatype;
      this.min =
          switch (datatype) {
            case INT8 -> Byte.MIN_VALUE;
            case INT16 -> Short.MIN_VALUE;
            case INT32 -> Integer.MIN_VALUE;
            case INT64 -> Long.MIN_VALUE;
            default -> 0;
          };
      this.max =
          switch (datatype) {
            case BOOL -> 1;
            case INT8 -> Byte.MAX_VALUE;
            case INT16 -> Short.MAX_VALUE;
            case INT32 -> Integer.MAX_VALUE;
            case UINT8 -> 0xFF;
            case UINT16 -> 0xFFFF;
            case UINT32 -> 0xFFFF_FFFFL;
            default -> Long.MAX_VALUE;
          };
    }

    @Override
    void read(JsonToken token, long index) throws IOException {
      long value = value(token, index);
      switch (datatype.size()) {
        case 1 -> data.put((byte) value);
        case 2 -> data.putShort((short) value);
        case 4 -> data.putInt((int) value);
        default -> data.putLong(value);
      }
    }

    private long value(JsonToken token, long index) throws IOException {
      if (token == JsonToken.VALUE_NUMBER_INT) {
        return integer(token, index);
      }
      if (datatype == Datatype.BOOL) {
        if (token == JsonToken.VALUE_TRUE || token == JsonToken.VALUE_FALSE) {
          return token == JsonToken.VALUE_TRUE ? 1 : 0;
        }
        throw refusal(token, index, "true or false");
      }
      throw refusal(token, index, "a whole number, for " + datatype);
    }

    private long integer(JsonToken token, long index) throws IOException {
      if (parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
        var large = parser.getBigIntegerValue();
        if (datatype != Datatype.UINT64 || large.signum() < 0 || large.bitLength() > Long.SIZE) {
          throw outside(token, index);
        }
        return large.longValue();
      }
      long value = parser.getLongValue();
      if (value < min || value > max) {
        throw outside(token, index);
      }
      return value;
    }

    @Override
    ByteBuffer data() {
      return data.flip();
    }
  }

  private static final class Floats extends ElementReader {
    private final ByteBuffer data;
    private final Datatype datatype;

    Floats(JsonParser parser, Datatype datatype, String where, ByteBuffer data) {
      super(parser, datatype, where);
      this.data = data;
      this.datatype = datatype;
    }

    @Override
    boolean readAll(List<Long> dims) {
      if (datatype != Datatype.FP32 || !(parser instanceof NumberParser numbers)) {
        return false;
      }
      if (numbers.readFloats(dims, data)) {
        return true;
      }
      data.clear();
      return false;
    }

    @Override
    void read(JsonToken token, long index) throws IOException {
      boolean absent = token == JsonToken.VALUE_NULL;
      if (!absent && token != JsonToken.VALUE_NUMBER_FLOAT && token != JsonToken.VALUE_NUMBER_INT) {
        throw refusal(token, index, "a number, or null for NaN");
      }
      if (datatype == Datatype.FP64) {
        double value = absent ? Double.NaN : parser.getDoubleValue();
        if (Double.isInfinite(value)) {
          throw outside(token, index);
        }
        data.putDouble(value);
        return;
      }
      float value = absent ? Float.NaN : parser.getFloatValue();
      short half =
          switch (datatype) {
            case FP16 -> Half.fromFloat(value);
            case BF16 -> Half.brainFromFloat(value);
            default -> 0;
          };
      float kept =
          switch (datatype) {
            case FP16 -> Half.toFloat(half);
            case BF16 -> Half.brainToFloat(half);
            default -> value;
          };
      if (Float.isInfinite(kept)) {
        throw outside(token, index);
      }
      if (datatype == Datatype.FP32) {
        data.putFloat(value);
      } else {
        data.putShort(half);
      }
    }

    @Override
    ByteBuffer data() {
      return data.flip();
    }
  }

  private static final class Texts extends ElementReader {
    private final GrowingBytes data;

    Texts(JsonParser parser, String where, int elements) {
      super(parser, Datatype.BYTES, where);
      // What they will take is known only when they are read; the text bounds it.
      this.data = new GrowingBytes(Math.min(elements, 1024) * 16);
    }

    @Override
    void read(JsonToken token, long index) throws IOException {
      if (token != JsonToken.VALUE_STRING) {
        throw refusal(token, index, "a string, for BYTES");
      }
      String text = parser.getText();
      if (hasLoneSurrogate(text)) {
        throw refusal(token, index, "valid Unicode, without half of a surrogate pair");
      }
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      data.writeLength(bytes.length);
      data.write(bytes, 0, bytes.length);
    }

    private static boolean hasLoneSurrogate(String text) {
      for (int i = 0; i < text.length(); i++) {
        char c = text.charAt(i);
        if (Character.isHighSurrogate(c)
            && i + 1 < text.length()
            && Character.isLowSurrogate(text.charAt(i + 1))) {
          i++;
        } else if (Character.isSurrogate(c)) {
          return true;
        }
      }
      return false;
    }

    @Override
    ByteBuffer data() {
      return data.view();
    }
  }
}
