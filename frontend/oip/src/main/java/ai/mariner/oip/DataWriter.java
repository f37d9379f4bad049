package ai.mariner.oip;

import ai.mariner.core.message.Datatype;
import com.fasterxml.jackson.core.Base64Variants;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.StandardCharsets;

/** Writes the data of a tensor as a flat JSON array. */
final class DataWriter {
  private final JsonGenerator json;

  DataWriter(JsonGenerator json) {
    this.json = json;
  }

  /**
   * Writes all elements.
   *
   * @param base64 whether elements of {@link Datatype#BYTES} are written in base64
   */
  void write(Tensor tensor, boolean base64) throws IOException {
    json.writeStartArray();
    ByteBuffer data = tensor.data();
    switch (tensor.datatype()) {
      case BYTES -> texts(data, base64);
      case FP16, BF16, FP32, FP64 -> floats(tensor.datatype(), data);
      default -> integers(tensor.datatype(), data);
    }
    json.writeEndArray();
  }

  private void integers(Datatype datatype, ByteBuffer data) throws IOException {
    while (data.hasRemaining()) {
      switch (datatype) {
        case BOOL -> json.writeBoolean(data.get() != 0);
        case INT8 -> json.writeNumber((short) data.get());
        case INT16 -> json.writeNumber(data.getShort());
        case INT32 -> json.writeNumber(data.getInt());
        case UINT8 -> json.writeNumber((short) (data.get() & 0xFF));
        case UINT16 -> json.writeNumber(data.getShort() & 0xFFFF);
        case UINT32 -> json.writeNumber(Integer.toUnsignedLong(data.getInt()));
        case UINT64 -> unsigned(data.getLong());
        default -> json.writeNumber(data.getLong());
      }
    }
  }

  private void unsigned(long value) throws IOException {
    if (value >= 0) {
      json.writeNumber(value);
    } else {
      json.writeNumber(new BigInteger(Long.toUnsignedString(value)));
    }
  }

  /** JSON has neither NaN nor infinity; both are null, as MLServer writes them. */
  private void floats(Datatype datatype, ByteBuffer data) throws IOException {
    while (data.hasRemaining()) {
      if (datatype == Datatype.FP64) {
        double value = data.getDouble();
        if (Double.isFinite(value)) {
          json.writeNumber(value);
        } else {
          json.writeNull();
        }
        continue;
      }
      float value =
          switch (datatype) {
            case FP16 -> Half.toFloat(data.getShort());
            case BF16 -> Half.brainToFloat(data.getShort());
            default -> data.getFloat();
          };
      if (Float.isFinite(value)) {
        json.writeNumber(value);
      } else {
        json.writeNull();
      }
    }
  }

  private void texts(ByteBuffer data, boolean base64) throws IOException {
    while (data.hasRemaining()) {
      byte[] element = next(data);
      if (base64) {
        json.writeBinary(Base64Variants.MIME_NO_LINEFEEDS, element, 0, element.length);
      } else {
        json.writeUTF8String(element, 0, element.length);
      }
    }
  }

  /** Whether all elements are texts. */
  static boolean isText(Tensor tensor) {
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    ByteBuffer data = tensor.data();
    try {
      while (data.hasRemaining()) {
        decoder.decode(ByteBuffer.wrap(next(data)));
      }
    } catch (CharacterCodingException noText) {
      return false;
    }
    return true;
  }

  private static byte[] next(ByteBuffer data) {
    byte[] element = new byte[data.getInt()];
    data.get(element);
    return element;
  }
}
