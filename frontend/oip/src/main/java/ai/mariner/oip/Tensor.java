package ai.mariner.oip;

import ai.mariner.core.message.Datatype;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;

/**
 * One named tensor. Its data may lie in the memory of the body that it was read from, and are valid
 * no longer than that.
 *
 * @param name name, not empty
 * @param datatype of its elements
 * @param shape dimensions
 * @param parameters what else is said of it, without what says how its data are written
 * @param data all elements, row by row, little-endian, without gaps; each element of {@link
 *     Datatype#BYTES} after its length
 */
public record Tensor(
    String name, Datatype datatype, Shape shape, Map<String, Object> parameters, ByteBuffer data) {
  /** A view of the data, at its beginning. */
  @Override
  public ByteBuffer data() {
    return data.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Number of bytes of the data. */
  public int byteSize() {
    return data.remaining();
  }
}
