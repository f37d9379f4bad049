package ai.mariner.oip;

import ai.mariner.core.message.Signature;
import ai.mariner.core.message.TensorSpec;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Compares requests with what their model declares, before they wait for it. */
public final class SignatureCheck {
  private SignatureCheck() {}

  /**
   * Refuses a request whose inputs or wanted outputs are not the model's.
   *
   * @throws ai.mariner.core.error.ServeException BAD_REQUEST that names tensor, value and what was
   *     expected
   */
  public static void check(Signature signature, InferMessage request) {
    if (!signature.inputs().isEmpty()) {
      inputs(signature, request);
    }
    if (!signature.outputs().isEmpty()) {
      outputs(signature, request);
    }
  }

  /**
   * What a request has in common with those that it may be run together with; absent: it can't be
   * joined with others, since its model takes no batches or its inputs do not agree in their rows.
   */
  public static @Nullable BatchKey batchKey(Signature signature, InferMessage request) {
    if (!signature.batches() || request.tensors().isEmpty()) {
      return null;
    }
    Long rows = null;
    for (Tensor tensor : request.tensors()) {
      List<Long> dims = tensor.shape().dims();
      if (dims.isEmpty() || (rows != null && !rows.equals(dims.get(0)))) {
        return null;
      }
      rows = dims.get(0);
    }
    return BatchKey.of(request);
  }

  private static void inputs(Signature signature, InferMessage request) {
    Set<String> given = new HashSet<>();
    for (Tensor tensor : request.tensors()) {
      String where = "input \"" + Refusal.shown(tensor.name()) + "\"";
      TensorSpec declared = signature.input(tensor.name());
      if (declared == null) {
        throw Refusal.of(where + " is unknown (expected: " + names(signature.inputs()) + ")");
      }
      if (tensor.datatype() != declared.datatype()) {
        throw Refusal.of(
            where + ": " + tensor.datatype() + " (expected: " + declared.datatype() + ")");
      }
      if (!declared.takes(tensor.shape().dims())) {
        throw Refusal.of(
            where
                + ": shape "
                + tensor.shape()
                + " (expected: "
                + declared.shape()
                + ", where -1 is any)");
      }
      given.add(tensor.name());
    }
    for (TensorSpec declared : signature.inputs()) {
      if (!declared.optional() && !given.contains(declared.name())) {
        throw Refusal.of(
            "input \"" + declared.name() + "\" is missing (expected: " + declared.datatype() + ")");
      }
    }
  }

  private static void outputs(Signature signature, InferMessage request) {
    for (RequestedOutput wanted : request.requested()) {
      boolean known =
          signature.outputs().stream().anyMatch(each -> each.name().equals(wanted.name()));
      if (!known) {
        throw Refusal.of(
            "output \""
                + Refusal.shown(wanted.name())
                + "\" is unknown (expected: "
                + names(signature.outputs())
                + ")");
      }
    }
  }

  private static String names(List<TensorSpec> tensors) {
    return tensors.stream().map(TensorSpec::name).collect(Collectors.joining(", "));
  }
}
