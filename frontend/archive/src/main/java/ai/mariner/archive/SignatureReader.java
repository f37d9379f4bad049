package ai.mariner.archive;

import ai.mariner.core.message.Datatype;
import ai.mariner.core.message.Signature;
import ai.mariner.core.message.TensorSpec;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code tensors} of a {@code model-config.yaml}. The worker reads the same ({@code
 * ts/_worker/signature.py}); whatever one of them refuses, so does the other.
 */
final class SignatureReader {
  static final String KEY = "tensors";

  private static final List<String> KEYS = List.of("inputs", "outputs", "batchAxis", "framework");
  private static final Set<Object> FRAMEWORKS = Set.of("numpy", "torch", "none");
  private static final List<String> TENSOR_KEYS = List.of("name", "datatype", "shape", "optional");

  private SignatureReader() {}

  /**
   * Reads the value of {@code tensors}.
   *
   * @throws IllegalArgumentException naming key, value and what was expected
   */
  static Signature read(@Nullable Object value) {
    if (!(value instanceof Map<?, ?> given)) {
      throw wrong(KEY, value, "a mapping with inputs and outputs");
    }
    checkKeys(KEY, given, KEYS);
    Object axis = given.containsKey("batchAxis") ? given.get("batchAxis") : 0;
    boolean none = axis == null || axis.equals("none");
    if (!none && !axis.equals(0)) {
      throw wrong(KEY + ": batchAxis", axis, "0 or none");
    }
    Object framework = given.containsKey("framework") ? given.get("framework") : "numpy";
    if (framework == null || !FRAMEWORKS.contains(framework)) {
      throw wrong(KEY + ": framework", framework, "numpy, torch or none");
    }
    boolean shownOnly = framework.equals("none");
    return new Signature(tensors("inputs", given), tensors("outputs", given), !none, shownOnly);
  }

  private static List<TensorSpec> tensors(String key, Map<?, ?> given) {
    Object value = given.get(key);
    if (value == null) {
      return List.of();
    }
    if (!(value instanceof List<?> entries)) {
      throw wrong(KEY + ": " + key, value, "a list");
    }
    List<TensorSpec> found = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (Object entry : entries) {
      TensorSpec tensor = tensor(KEY + ": " + key + "[" + found.size() + "]", entry);
      if (!names.add(tensor.name())) {
        throw wrong(KEY + ": " + key, tensor.name(), "each name once");
      }
      found.add(tensor);
    }
    return found;
  }

  private static TensorSpec tensor(String where, @Nullable Object value) {
    if (!(value instanceof Map<?, ?> given)) {
      throw wrong(where, value, "a mapping with name, datatype and shape");
    }
    checkKeys(where, given, TENSOR_KEYS);
    if (!(given.get("name") instanceof String name) || name.isEmpty()) {
      throw wrong(where + ": name", given.get("name"), "a text");
    }
    Datatype datatype = given.get("datatype") instanceof String text ? Datatype.named(text) : null;
    if (datatype == null) {
      throw wrong(where + ": datatype", given.get("datatype"), "one of " + Datatype.names());
    }
    Object optional = given.containsKey("optional") ? given.get("optional") : false;
    if (!(optional instanceof Boolean flag)) {
      throw wrong(where + ": optional", optional, "true or false");
    }
    return new TensorSpec(name, datatype, shape(where, given.get("shape")), flag);
  }

  private static List<Long> shape(String where, @Nullable Object value) {
    if (!(value instanceof List<?> dims)) {
      throw wrong(where + ": shape", value, "a list of numbers, -1 for any");
    }
    List<Long> shape = new ArrayList<>();
    for (Object dim : dims) {
      boolean whole = dim instanceof Integer || dim instanceof Long;
      if (!whole || ((Number) dim).longValue() < TensorSpec.ANY) {
        throw wrong(where + ": shape", dim, "numbers from 0 on, -1 for any");
      }
      shape.add(((Number) dim).longValue());
    }
    return shape;
  }

  private static void checkKeys(String where, Map<?, ?> given, List<String> known) {
    for (Object key : given.keySet()) {
      if (!(key instanceof String) || !known.contains(key)) {
        throw new IllegalArgumentException(
            where
                + ": unknown key "
                + Refusals.shown(String.valueOf(key))
                + " (expected: "
                + String.join(", ", known)
                + ")");
      }
    }
  }

  private static IllegalArgumentException wrong(
      String where, @Nullable Object value, String expected) {
    String shown = value == null ? "nothing" : Refusals.shown(value.toString());
    return new IllegalArgumentException(where + ": " + shown + " (expected: " + expected + ")");
  }
}
