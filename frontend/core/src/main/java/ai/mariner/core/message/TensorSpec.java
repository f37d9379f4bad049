package ai.mariner.core.message;

import java.util.List;

/**
 * A tensor that a model takes or gives.
 *
 * @param name its name
 * @param datatype of its elements
 * @param shape dimensions, outermost first; -1: any
 * @param optional whether a request may lack it
 */
public record TensorSpec(String name, Datatype datatype, List<Long> shape, boolean optional) {
  /** A dimension that may be any number. */
  public static final long ANY = -1;

  /** Makes a specification. */
  public TensorSpec {
    shape = List.copyOf(shape);
  }

  /** Whether a tensor may have these dimensions. */
  public boolean takes(List<Long> dims) {
    if (dims.size() != shape.size()) {
      return false;
    }
    for (int i = 0; i < dims.size(); i++) {
      long wanted = shape.get(i);
      if (wanted != ANY && wanted != dims.get(i)) {
        return false;
      }
    }
    return true;
  }
}
