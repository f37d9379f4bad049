package ai.mariner.core.message;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What tensors a model takes and gives, as it declares them.
 *
 * @param inputs what it takes; none: any
 * @param outputs what it gives; none: not said
 * @param batches whether requests are joined along the first dimension
 */
public record Signature(List<TensorSpec> inputs, List<TensorSpec> outputs, boolean batches) {
  /** Makes a signature. */
  public Signature {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }

  /** The input of a name; absent: there is none. */
  public @Nullable TensorSpec input(String name) {
    for (TensorSpec input : inputs) {
      if (input.name().equals(name)) {
        return input;
      }
    }
    return null;
  }
}
