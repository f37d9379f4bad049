package ai.mariner.rest;

import ai.mariner.core.message.Datatype;
import ai.mariner.core.message.TensorSpec;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Messages of the Open Inference Protocol as schemas, and examples of them. */
final class TensorSchema {
  /** Requests with more elements than this have no example: it would outgrow the document. */
  static final int MOST_SHOWN = 4096;

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private TensorSchema() {}

  /** A request with tensors of these. */
  static ObjectNode request(List<TensorSpec> inputs) {
    ObjectNode schema = message("inputs", inputs, List.of("name", "datatype", "shape", "data"));
    schema.put("additionalProperties", false);
    ObjectNode properties = (ObjectNode) schema.get("properties");
    properties.putObject("id").put("type", "string").put("description", "Comes back");
    properties.putObject("model_name").put("type", "string");
    properties.putObject("model_version").put("type", "string");
    properties.putObject("parameters").put("type", "object");
    ObjectNode wanted = properties.putObject("outputs").put("type", "array");
    wanted.put("description", "Those that are asked for; absent or none: all");
    ObjectNode output = wanted.putObject("items").put("type", "object");
    output.putArray("required").add("name");
    ObjectNode told = output.putObject("properties");
    told.putObject("name").put("type", "string").put("minLength", 1);
    told.putObject("parameters").put("type", "object");
    return schema;
  }

  /** An answer with tensors of these. */
  static ObjectNode answer(List<TensorSpec> outputs) {
    ObjectNode schema = message("outputs", outputs, List.of("name", "datatype", "shape"));
    ObjectNode properties = (ObjectNode) schema.get("properties");
    properties.putObject("model_name").put("type", "string");
    properties.putObject("model_version").put("type", "string");
    properties.putObject("id").put("type", "string");
    properties.putObject("parameters").put("type", "object");
    return schema;
  }

  private static ObjectNode message(String name, List<TensorSpec> tensors, List<String> required) {
    ObjectNode schema = NODES.objectNode().put("type", "object");
    schema.putArray("required").add(name);
    ObjectNode list = schema.putObject("properties").putObject(name);
    list.put("type", "array");
    list.put("minItems", tensors.stream().filter(each -> !each.optional()).count());
    if (tensors.isEmpty()) {
      list.putObject("items").put("type", "object");
    } else if (tensors.size() == 1) {
      list.set("items", tensor(tensors.get(0), required));
    } else {
      ArrayNode any = list.putObject("items").putArray("anyOf");
      tensors.forEach(each -> any.add(tensor(each, required)));
    }
    return schema;
  }

  private static ObjectNode tensor(TensorSpec tensor, List<String> required) {
    ObjectNode schema = NODES.objectNode().put("type", "object");
    schema.put("title", tensor.name());
    schema.put("description", "Shape " + tensor.shape() + ", where -1 is any number");
    ArrayNode all = schema.putArray("required");
    required.forEach(all::add);
    schema.put("additionalProperties", false);
    ObjectNode properties = schema.putObject("properties");
    text(properties.putObject("name"), tensor.name());
    text(properties.putObject("datatype"), tensor.datatype().name());
    ObjectNode shape = properties.putObject("shape").put("type", "array");
    shape.put("minItems", tensor.shape().size()).put("maxItems", tensor.shape().size());
    shape.putObject("items").put("type", "integer").put("minimum", 0);
    properties.putObject("parameters").put("type", "object");
    ObjectNode data = properties.putObject("data").put("type", "array");
    data.put("description", "Elements, row by row, flat or nested");
    ArrayNode items = data.putObject("items").putArray("anyOf");
    items.addObject().put("type", elementType(tensor.datatype()));
    items.addObject().put("type", "array").putObject("items");
    return schema;
  }

  private static String elementType(Datatype datatype) {
    if (datatype == Datatype.BYTES) {
      return "string";
    }
    if (datatype == Datatype.BOOL) {
      return "boolean";
    }
    return datatype.isFloat() ? "number" : "integer";
  }

  private static void text(ObjectNode schema, String only) {
    schema.put("type", "string").putArray("enum").add(only);
  }

  /**
   * A request that fits: one row, zeros.
   *
   * @return {@code null}: it would be too large
   */
  static @Nullable ObjectNode example(List<TensorSpec> inputs) {
    ObjectNode example = NODES.objectNode();
    ArrayNode tensors = example.putArray("inputs");
    long room = MOST_SHOWN;
    for (TensorSpec input : inputs) {
      if (input.optional()) {
        continue;
      }
      ObjectNode tensor = tensors.addObject().put("name", input.name());
      ArrayNode shape = tensor.putArray("shape");
      tensor.put("datatype", input.datatype().name());
      long count = 1;
      for (long dim : input.shape()) {
        long shown = dim == TensorSpec.ANY ? 1 : dim;
        shape.add(shown);
        if (shown > room) {
          return null;
        }
        count *= shown;
        if (count > room) {
          return null;
        }
      }
      room -= count;
      ArrayNode data = tensor.putArray("data");
      for (long i = 0; i < count; i++) {
        element(data, input.datatype());
      }
    }
    return example;
  }

  private static void element(ArrayNode data, Datatype datatype) {
    if (datatype == Datatype.BYTES) {
      data.add("text");
    } else if (datatype == Datatype.BOOL) {
      data.add(false);
    } else if (datatype.isFloat()) {
      data.add(0.0);
    } else {
      data.add(0);
    }
  }
}
