package ai.mariner.core.model;

import ai.mariner.core.config.ModelSpec;
import ai.mariner.core.message.Datatype;
import ai.mariner.core.message.Signature;
import ai.mariner.core.message.TensorSpec;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How Triton's configuration of a model tells of its tensors: where a client may send several rows,
 * it names the most and leaves the first dimension out.
 *
 * @param most most rows of a batch; 0: the model's shapes are all there is to say
 * @param inputs what it takes
 * @param outputs what it gives
 */
public record TensorBatches(int most, List<TensorSpec> inputs, List<TensorSpec> outputs) {
  /**
   * What there is to tell of a model.
   *
   * @param signature the tensors that it declares; absent: none
   */
  public static TensorBatches of(ModelSpec spec, @Nullable Signature signature) {
    if (signature == null) {
      return new TensorBatches(0, List.of(), List.of());
    }
    boolean rows =
        signature.batches()
            && spec.batchSize() > 1
            && !signature.inputs().isEmpty()
            && signature.inputs().stream().allMatch(TensorBatches::isOpen)
            && signature.outputs().stream().allMatch(TensorBatches::isOpen);
    return new TensorBatches(rows ? spec.batchSize() : 0, signature.inputs(), signature.outputs());
  }

  private static boolean isOpen(TensorSpec tensor) {
    return !tensor.shape().isEmpty() && tensor.shape().get(0) == TensorSpec.ANY;
  }

  /** Dimensions of a tensor as the configuration has them. */
  public List<Long> dims(TensorSpec tensor) {
    return most > 0 ? tensor.shape().subList(1, tensor.shape().size()) : tensor.shape();
  }

  /** Triton's name of a datatype. */
  public static String configName(Datatype datatype) {
    return datatype == Datatype.BYTES ? "TYPE_STRING" : "TYPE_" + datatype.name();
  }
}
