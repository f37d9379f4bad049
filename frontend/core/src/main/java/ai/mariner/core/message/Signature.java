package ai.mariner.core.message;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What tensors a model takes and gives, as it declares them.
 *
 * @param inputs what it takes; none: any
 * @param outputs what it gives; none: not said
 * @param batches whether requests are joined along the first dimension
 * @param shownOnly whether it only tells clients: requests are not checked, and reach the handler
 *     as those of a model that declares nothing
 */
public record Signature(
    List<TensorSpec> inputs, List<TensorSpec> outputs, boolean batches, boolean shownOnly) {
  /** Makes a signature. */
  public Signature {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }

  /** A signature that requests have to fit. */
  public Signature(List<TensorSpec> inputs, List<TensorSpec> outputs, boolean batches) {
    this(inputs, outputs, batches, false);
  }

  /** What requests have to fit; absent: nothing is declared, or only shown. */
  public static @Nullable Signature enforced(@Nullable Signature declared) {
    return declared == null || declared.shownOnly ? null : declared;
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
