package ai.mariner.oip;

import java.util.List;

/**
 * The dimensions of a tensor that is there: none is negative, and their product is a number.
 *
 * @param dims outermost first
 */
public record Shape(List<Long> dims) {
  /** Most dimensions of a tensor; numpy's own limit was 32 for long. */
  public static final int MAX_RANK = 32;

  /**
   * Checks the dimensions.
   *
   * @throws IllegalArgumentException which says what is wrong with them
   */
  public Shape {
    dims = List.copyOf(dims);
    if (dims.size() > MAX_RANK) {
      throw new IllegalArgumentException(
          dims.size() + " dimensions (expected: at most " + MAX_RANK + ")");
    }
    long product = 1;
    for (long dim : dims) {
      if (dim < 0) {
        throw new IllegalArgumentException(dims + " (expected: no negative dimension)");
      }
      // A dimension of 0 must not hide that the others overflow.
      if (dim > 0 && product > Long.MAX_VALUE / Byte.SIZE / dim) {
        throw new IllegalArgumentException(dims + " (expected: a smaller number of elements)");
      }
      product *= Math.max(1, dim);
    }
  }

  /** A shape of these dimensions. */
  public static Shape of(long... dims) {
    return new Shape(java.util.Arrays.stream(dims).boxed().toList());
  }

  /** Number of dimensions. */
  public int rank() {
    return dims.size();
  }

  /** Number of elements, at most 2^60. */
  public long elements() {
    long product = 1;
    for (long dim : dims) {
      product *= dim;
    }
    return product;
  }

  /** All dimensions but the first. */
  public List<Long> inner() {
    return dims.isEmpty() ? dims : dims.subList(1, dims.size());
  }

  @Override
  public String toString() {
    return dims.toString();
  }
}
