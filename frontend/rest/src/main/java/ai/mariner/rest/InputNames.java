package ai.mariner.rest;

import ai.mariner.core.message.InputPart;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Gives inputs that share a name each a name of its own: the last one keeps it, as TorchServe's
 * handlers see it, those before it become {@code name[0]}, {@code name[1]} and so on.
 */
final class InputNames {
  private InputNames() {}

  /** The inputs in their order, under names that differ. */
  static List<InputPart> distinct(List<InputPart> parts) {
    if (parts.size() < 2) {
      return parts;
    }
    Map<String, Integer> left = new HashMap<>();
    for (InputPart part : parts) {
      left.merge(part.name(), 1, Integer::sum);
    }
    if (left.size() == parts.size()) {
      return parts;
    }
    Set<String> taken = new HashSet<>(left.keySet());
    Map<String, Integer> next = new HashMap<>();
    List<InputPart> named = new ArrayList<>(parts.size());
    for (InputPart part : parts) {
      int behind = left.merge(part.name(), -1, Integer::sum);
      named.add(behind == 0 ? part : renamed(part, taken, next));
    }
    return named;
  }

  /** A client may have used the name that is due for another input: that one keeps it. */
  private static InputPart renamed(InputPart part, Set<String> taken, Map<String, Integer> next) {
    int index = next.getOrDefault(part.name(), 0);
    while (!taken.add(part.name() + "[" + index + "]")) {
      index++;
    }
    next.put(part.name(), index + 1);
    return new InputPart(part.name() + "[" + index + "]", part.contentType(), part.body());
  }
}
