package ai.mariner.archive;

import ai.mariner.core.config.NearestKey;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A JSON object that is read key by key: whatever is wrong is told with the path to it, and so is a
 * key that nobody has asked for.
 */
final class JsonKeys {
  private final String label;
  private final String path;
  private final JsonNode node;
  private final Set<String> known = new HashSet<>();

  /**
   * Begins to read an object.
   *
   * @param label the file's name in messages
   * @param path where in the file the object is; empty: it is all of it
   * @param node the object
   * @throws ai.mariner.core.error.ServeException if it is none
   */
  JsonKeys(String label, String path, JsonNode node) {
    this.label = label;
    this.path = path;
    this.node = node;
    if (!node.isObject()) {
      throw invalid(path.isEmpty() ? "" : path + ": ", node, "an object");
    }
  }

  /** The value of a key; absent, also where it is {@code null}: {@code null}. */
  private @Nullable JsonNode value(String key) {
    known.add(key);
    JsonNode value = node.get(key);
    return value == null || value.isNull() ? null : value;
  }

  @Nullable String text(String key) {
    JsonNode value = value(key);
    if (value != null && !value.isTextual()) {
      throw bad(key, value, "a string");
    }
    return value == null ? null : value.textValue();
  }

  String requiredText(String key) {
    String text = text(key);
    if (text == null || text.isEmpty()) {
      throw bad(key, text == null ? "absent" : "\"\"", "a string");
    }
    return text;
  }

  boolean flag(String key) {
    JsonNode value = value(key);
    if (value != null && !value.isBoolean()) {
      throw bad(key, value, "true or false");
    }
    return value != null && value.booleanValue();
  }

  @Nullable Long number(String key, long least, long most) {
    JsonNode value = value(key);
    if (value == null) {
      return null;
    }
    if (!value.isIntegralNumber()
        || !value.canConvertToLong()
        || value.longValue() < least
        || value.longValue() > most) {
      throw bad(key, value, "a whole number from " + least + " to " + most);
    }
    return value.longValue();
  }

  /** Absent is empty. */
  List<String> texts(String key) {
    List<String> texts = new ArrayList<>();
    for (JsonNode item : list(key)) {
      if (!item.isTextual()) {
        throw bad(key + '[' + texts.size() + ']', item, "a string");
      }
      texts.add(item.textValue());
    }
    return texts;
  }

  /** A list of objects; absent is empty. */
  List<JsonKeys> objects(String key) {
    List<JsonKeys> objects = new ArrayList<>();
    for (JsonNode item : list(key)) {
      objects.add(new JsonKeys(label, at(key) + '[' + objects.size() + ']', item));
    }
    return objects;
  }

  private Iterable<JsonNode> list(String key) {
    JsonNode value = value(key);
    if (value == null) {
      return List.of();
    }
    if (!value.isArray()) {
      throw bad(key, value, "a list");
    }
    return value;
  }

  @Nullable JsonKeys object(String key) {
    JsonNode value = value(key);
    return value == null ? null : new JsonKeys(label, at(key), value);
  }

  /** An object of objects, by their names in the order of the file; absent is empty. */
  Map<String, JsonKeys> named(String key) {
    JsonKeys all = object(key);
    Map<String, JsonKeys> named = new LinkedHashMap<>();
    if (all != null) {
      all.node
          .fieldNames()
          .forEachRemaining(
              name -> named.put(name, new JsonKeys(label, all.at(name), all.node.path(name))));
    }
    return named;
  }

  /** Refuses keys that have not been asked for. */
  void end() {
    node.fieldNames()
        .forEachRemaining(
            name -> {
              if (!known.contains(name)) {
                String nearest = NearestKey.of(name, known);
                String expected =
                    nearest != null ? nearest : String.join(", ", known.stream().sorted().toList());
                throw bad(name, "unknown key", expected);
              }
            });
  }

  RuntimeException bad(String key, JsonNode value, String expected) {
    return bad(key, value.toString(), expected);
  }

  RuntimeException bad(String key, String value, String expected) {
    return Refusals.invalid(
        label
            + ": "
            + Refusals.shown(at(key))
            + ": "
            + Refusals.shown(value)
            + " (expected: "
            + expected
            + ")");
  }

  private RuntimeException invalid(String where, JsonNode value, String expected) {
    String shown = value.isMissingNode() ? "absent" : value.toString();
    return Refusals.invalid(
        label
            + ": "
            + Refusals.shown(where)
            + Refusals.shown(shown)
            + " (expected: "
            + expected
            + ")");
  }

  private String at(String key) {
    return path.isEmpty() ? key : path + '.' + key;
  }
}
