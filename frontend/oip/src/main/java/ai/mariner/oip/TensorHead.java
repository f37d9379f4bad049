package ai.mariner.oip;

import ai.mariner.core.message.Datatype;
import ai.mariner.oip.InferMessage.Side;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;

/**
 * What is said of a tensor before its data.
 *
 * @param where what the tensor is, for messages
 * @param name name, not empty
 * @param datatype of its elements
 * @param shape dimensions
 * @param parameters what else is said of it
 */
public record TensorHead(
    String where, String name, Datatype datatype, Shape shape, Map<String, Object> parameters) {
  /**
   * Reads what a client said.
   *
   * @param side whether it is an input or an output
   * @param index place in the list
   * @param datatype name of a datatype
   * @param dims dimensions, outermost first
   * @throws ai.mariner.core.error.ServeException BAD_REQUEST that names tensor, value and what was
   *     expected
   */
  public static TensorHead of(
      Side side,
      int index,
      String name,
      String datatype,
      List<Long> dims,
      Map<String, Object> parameters) {
    if (index >= InferMessage.MAX_TENSORS) {
      throw Refusal.of(
          side.key()
              + ": more than "
              + InferMessage.MAX_TENSORS
              + " (expected: at most so many in one message)");
    }
    if (name.isEmpty() || name.length() > TensorReader.MAX_NAME) {
      throw Refusal.of(
          side.key()
              + "["
              + index
              + "]: name of "
              + name.length()
              + " characters (expected: 1 to "
              + TensorReader.MAX_NAME
              + ")");
    }
    String where = side.noun() + " \"" + Refusal.shown(name) + "\"";
    Datatype type = Datatype.named(datatype);
    if (type == null) {
      throw Refusal.of(
          where
              + ": datatype: "
              + Refusal.shown(datatype)
              + " (expected: one of "
              + Datatype.names()
              + ")");
    }
    try {
      return new TensorHead(where, name, type, new Shape(dims), parameters);
    } catch (IllegalArgumentException e) {
      throw Refusal.of(where + ": shape: " + e.getMessage(), e);
    }
  }

  /**
   * The tensor with its data.
   *
   * @param data all elements as little-endian bytes
   * @throws ai.mariner.core.error.ServeException BAD_REQUEST if they do not fit what was said
   */
  public Tensor with(ByteBuffer data) {
    return new Tensor(
        name, datatype, shape, parameters, RawData.checked(where, datatype, shape, data));
  }

  /** A refusal of this tensor, in the words of this module. */
  public RuntimeException refusal(String what) {
    return Refusal.of(where + ": " + what);
  }
}
