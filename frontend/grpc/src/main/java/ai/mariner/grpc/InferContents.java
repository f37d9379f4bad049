package ai.mariner.grpc;

import ai.mariner.core.message.Datatype;
import ai.mariner.oip.Tensor;
import ai.mariner.oip.TensorHead;
import ai.mariner.proto.openinference.InferTensorContents;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** The elements of a tensor as protobuf has them: in a list that belongs to the datatype. */
final class InferContents {
  private InferContents() {}

  /** Whether elements of a type have such a list. */
  static boolean has(Datatype datatype) {
    return datatype != Datatype.FP16 && datatype != Datatype.BF16;
  }

  /**
   * The elements as bytes.
   *
   * @throws ai.mariner.core.error.ServeException BAD_REQUEST if they do not fit the tensor
   */
  static ByteBuffer packed(TensorHead head, InferTensorContents contents) {
    if (!has(head.datatype())) {
      throw head.refusal(
          head.datatype() + " in contents (expected: raw_input_contents, there is no other form)");
    }
    int count = count(head.datatype(), contents);
    if (count != head.shape().elements() || count != count(contents)) {
      throw head.refusal(
          "contents have "
              + count(contents)
              + " elements, "
              + count
              + " of them in the list for "
              + head.datatype()
              + " (expected: "
              + head.shape().elements()
              + ", for shape "
              + head.shape()
              + ")");
    }
    if (head.datatype() == Datatype.BYTES) {
      return texts(contents.getBytesContentsList());
    }
    // There are as many elements in the message already.
    ByteBuffer data =
        ByteBuffer.allocate(Math.multiplyExact(count, head.datatype().size()))
            .order(ByteOrder.LITTLE_ENDIAN);
    numbers(head, contents, data);
    return data.flip();
  }

  private static int count(Datatype datatype, InferTensorContents contents) {
    return switch (datatype) {
      case BOOL -> contents.getBoolContentsCount();
      case INT8, INT16, INT32 -> contents.getIntContentsCount();
      case INT64 -> contents.getInt64ContentsCount();
      case UINT8, UINT16, UINT32 -> contents.getUintContentsCount();
      case UINT64 -> contents.getUint64ContentsCount();
      case FP32 -> contents.getFp32ContentsCount();
      case FP64 -> contents.getFp64ContentsCount();
      case BYTES -> contents.getBytesContentsCount();
      case FP16, BF16 -> 0;
    };
  }

  private static int count(InferTensorContents contents) {
    return contents.getBoolContentsCount()
        + contents.getIntContentsCount()
        + contents.getInt64ContentsCount()
        + contents.getUintContentsCount()
        + contents.getUint64ContentsCount()
        + contents.getFp32ContentsCount()
        + contents.getFp64ContentsCount()
        + contents.getBytesContentsCount();
  }

  private static void numbers(TensorHead head, InferTensorContents contents, ByteBuffer data) {
    int count = count(head.datatype(), contents);
    for (int i = 0; i < count; i++) {
      switch (head.datatype()) {
        case BOOL -> data.put((byte) (contents.getBoolContents(i) ? 1 : 0));
        case INT8 -> data.put((byte) within(head, i, contents.getIntContents(i), -0x80, 0x7F));
        case INT16 ->
            data.putShort((short) within(head, i, contents.getIntContents(i), -0x8000, 0x7FFF));
        case INT32 -> data.putInt(contents.getIntContents(i));
        case INT64 -> data.putLong(contents.getInt64Contents(i));
        case UINT8 -> data.put((byte) within(head, i, unsigned(contents, i), 0, 0xFF));
        case UINT16 -> data.putShort((short) within(head, i, unsigned(contents, i), 0, 0xFFFF));
        case UINT32 -> data.putInt(contents.getUintContents(i));
        case UINT64 -> data.putLong(contents.getUint64Contents(i));
        case FP32 -> data.putFloat(contents.getFp32Contents(i));
        default -> data.putDouble(contents.getFp64Contents(i));
      }
    }
  }

  private static long unsigned(InferTensorContents contents, int index) {
    return Integer.toUnsignedLong(contents.getUintContents(index));
  }

  private static long within(TensorHead head, int index, long value, long min, long max) {
    if (value < min || value > max) {
      throw head.refusal(
          "element "
              + index
              + ": "
              + value
              + " (expected: a number in the range of "
              + head.datatype()
              + ")");
    }
    return value;
  }

  private static ByteBuffer texts(List<ByteString> elements) {
    long size = 0;
    for (ByteString element : elements) {
      size += Integer.BYTES + element.size();
    }
    ByteBuffer data = ByteBuffer.allocate(Math.toIntExact(size)).order(ByteOrder.LITTLE_ENDIAN);
    for (ByteString element : elements) {
      data.putInt(element.size());
      element.copyTo(data);
    }
    return data.flip();
  }

  /** The elements of a tensor, whose type must have a list. */
  static InferTensorContents of(Tensor tensor) {
    InferTensorContents.Builder contents = InferTensorContents.newBuilder();
    ByteBuffer data = tensor.data();
    while (data.hasRemaining()) {
      switch (tensor.datatype()) {
        case BOOL -> contents.addBoolContents(data.get() != 0);
        case INT8 -> contents.addIntContents(data.get());
        case INT16 -> contents.addIntContents(data.getShort());
        case INT32 -> contents.addIntContents(data.getInt());
        case INT64 -> contents.addInt64Contents(data.getLong());
        case UINT8 -> contents.addUintContents(data.get() & 0xFF);
        case UINT16 -> contents.addUintContents(data.getShort() & 0xFFFF);
        case UINT32 -> contents.addUintContents(data.getInt());
        case UINT64 -> contents.addUint64Contents(data.getLong());
        case FP32 -> contents.addFp32Contents(data.getFloat());
        case FP64 -> contents.addFp64Contents(data.getDouble());
        case BYTES -> contents.addBytesContents(text(data));
        case FP16, BF16 -> throw new IllegalArgumentException("no list for " + tensor.datatype());
      }
    }
    return contents.build();
  }

  private static ByteString text(ByteBuffer data) {
    byte[] element = new byte[data.getInt()];
    data.get(element);
    return UnsafeByteOperations.unsafeWrap(element);
  }
}
