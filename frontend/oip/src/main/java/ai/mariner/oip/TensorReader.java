package ai.mariner.oip;

import ai.mariner.core.message.Datatype;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads one tensor of a message's list, whatever the order of its keys. */
final class TensorReader {
  /** Says how many bytes behind the JSON are the tensor's data. */
  static final String BINARY_DATA_SIZE = "binary_data_size";

  static final int MAX_NAME = 1024;

  private final HeadReader.Source source;
  private final JsonParser parser;
  private final String noun;
  private @Nullable String name;
  private @Nullable Datatype datatype;
  private @Nullable Shape shape;
  private @Nullable Map<String, Object> parameters;
  private @Nullable ByteBuffer data;

  /** Where the data are in the text, when they came before what they mean was known. */
  private long deferred = -1;

  private String where;

  /**
   * Makes a reader.
   *
   * @param parser stands at the beginning of the object
   * @param noun input or output
   * @param index place in the list, for messages about a tensor whose name is not known yet
   */
  TensorReader(HeadReader.Source source, JsonParser parser, String noun, int index) {
    this.source = source;
    this.parser = parser;
    this.noun = noun;
    this.where = noun + "s[" + index + "]";
  }

  Tensor read() throws IOException {
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      throw Refusal.of(
          where + ": " + ElementReader.named(parser.currentToken()) + " (expected: an object)");
    }
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String key = parser.currentName();
      JsonToken token = parser.nextToken();
      switch (key) {
        case "name" -> name(token);
        case "datatype" -> datatype(token);
        case "shape" -> shape(token);
        case "parameters" -> {
          once(key, parameters);
          parameters = new ParameterReader(parser).read(where + ": parameters");
        }
        case "data" -> data(token);
        default ->
            throw Refusal.of(
                where
                    + ": \""
                    + Refusal.shown(key)
                    + "\" is unknown (expected: name, datatype, shape, parameters, data)");
      }
    }
    return tensor();
  }

  private Tensor tensor() throws IOException {
    String named = required("name", "a string", name);
    Datatype type = required("datatype", "one of " + Datatype.names(), datatype);
    Shape dims = required("shape", "an array of numbers", shape);
    Map<String, Object> said = parameters == null ? Map.of() : parameters;
    Object size = said.get(BINARY_DATA_SIZE);
    ByteBuffer found = data;
    if (deferred >= 0) {
      found = deferredData(type, dims);
    }
    if (size != null) {
      if (found != null) {
        throw Refusal.of(
            where + ": data and " + BINARY_DATA_SIZE + " (expected: only one of them)");
      }
      found = RawData.checked(where, type, dims, source.take(where, size));
      said = without(said, BINARY_DATA_SIZE);
    } else if (found == null) {
      throw Refusal.of(
          where + ": no data (expected: data, or " + BINARY_DATA_SIZE + " in its parameters)");
    }
    return new Tensor(named, type, dims, said, found);
  }

  private void name(JsonToken token) throws IOException {
    once("name", name);
    if (token != JsonToken.VALUE_STRING) {
      throw Refusal.of(where + ": name: " + ElementReader.named(token) + " (expected: a string)");
    }
    String given = parser.getText();
    if (given.isEmpty() || given.length() > MAX_NAME) {
      throw Refusal.of(
          where + ": name of " + given.length() + " characters (expected: 1 to " + MAX_NAME + ")");
    }
    name = given;
    where = noun + " \"" + Refusal.shown(given) + "\"";
  }

  private void datatype(JsonToken token) throws IOException {
    once("datatype", datatype);
    Datatype found = token == JsonToken.VALUE_STRING ? Datatype.named(parser.getText()) : null;
    if (found == null) {
      String given =
          token.isScalarValue() ? Refusal.shown(parser.getText()) : ElementReader.named(token);
      throw Refusal.of(
          where + ": datatype: " + given + " (expected: one of " + Datatype.names() + ")");
    }
    datatype = found;
  }

  private void shape(JsonToken token) throws IOException {
    once("shape", shape);
    if (token != JsonToken.START_ARRAY) {
      throw Refusal.of(
          where + ": shape: " + ElementReader.named(token) + " (expected: an array of numbers)");
    }
    List<Long> dims = new ArrayList<>();
    JsonToken next;
    while ((next = parser.nextToken()) != JsonToken.END_ARRAY) {
      if (next != JsonToken.VALUE_NUMBER_INT
          || parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
        String given =
            next.isScalarValue() ? Refusal.shown(parser.getText()) : ElementReader.named(next);
        throw Refusal.of(where + ": shape: " + given + " (expected: whole numbers of 64 bits)");
      }
      dims.add(parser.getLongValue());
      if (dims.size() > Shape.MAX_RANK) {
        break;
      }
    }
    try {
      shape = new Shape(dims);
    } catch (IllegalArgumentException e) {
      throw Refusal.of(where + ": shape: " + e.getMessage(), e);
    }
  }

  private void data(JsonToken token) throws IOException {
    if (data != null || deferred >= 0) {
      throw Refusal.of(where + ": \"data\" twice (expected: once)");
    }
    if (token == JsonToken.VALUE_NULL) {
      return;
    }
    Datatype type = datatype;
    Shape dims = shape;
    if (type != null && dims != null) {
      data = new DataReader(parser, where, type, dims, source.length()).read();
    } else {
      deferred = parser.currentTokenLocation().getByteOffset();
      parser.skipChildren();
    }
  }

  private ByteBuffer deferredData(Datatype type, Shape dims) throws IOException {
    try (JsonParser again = source.parserAt(deferred)) {
      again.nextToken();
      return new DataReader(again, where, type, dims, source.length()).read();
    }
  }

  private <T> T required(String key, String expected, @Nullable T value) {
    if (value == null) {
      throw Refusal.of(where + ": no " + key + " (expected: " + expected + ")");
    }
    return value;
  }

  private void once(String key, @Nullable Object value) {
    if (value != null) {
      throw Refusal.of(where + ": \"" + key + "\" twice (expected: once)");
    }
  }

  private static Map<String, Object> without(Map<String, Object> values, String key) {
    Map<String, Object> others = new LinkedHashMap<>(values);
    others.remove(key);
    return others;
  }
}
