package ai.mariner.oip;

import ai.mariner.core.message.Datatype;
import java.util.ArrayList;
import java.util.List;

/**
 * What requests must have in common to be run together: names and types of the inputs, and their
 * shapes without the first dimension.
 *
 * @param inputs in the order of the message
 */
public record BatchKey(List<Input> inputs) {
  /**
   * One input.
   *
   * @param name its name
   * @param datatype of its elements
   * @param inner its dimensions but for the first
   * @param scalar whether it has not even a first dimension
   */
  public record Input(String name, Datatype datatype, List<Long> inner, boolean scalar) {}

  /** The key of a request. */
  public static BatchKey of(InferMessage request) {
    List<Input> inputs = new ArrayList<>(request.tensors().size());
    for (Tensor tensor : request.tensors()) {
      Shape shape = tensor.shape();
      inputs.add(new Input(tensor.name(), tensor.datatype(), shape.inner(), shape.rank() == 0));
    }
    return new BatchKey(List.copyOf(inputs));
  }
}
