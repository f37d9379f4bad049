package ai.mariner.oip;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads an object of parameters. What is null is left out, as if it were not there. */
final class ParameterReader {
  private static final int MAX_DEPTH = 8;

  private final JsonParser parser;

  ParameterReader(JsonParser parser) {
    this.parser = parser;
  }

  /**
   * Reads the object at which the parser stands; afterwards it stands at its end.
   *
   * @param where what the object is, for messages
   */
  Map<String, Object> read(String where) throws IOException {
    JsonToken token = parser.currentToken();
    if (token == JsonToken.VALUE_NULL) {
      return Map.of();
    }
    if (token != JsonToken.START_OBJECT) {
      throw Refusal.of(where + ": " + ElementReader.named(token) + " (expected: an object)");
    }
    return object(where, 1);
  }

  private Map<String, Object> object(String where, int depth) throws IOException {
    Map<String, Object> values = new LinkedHashMap<>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = parser.currentName();
      parser.nextToken();
      Object value = value(where, depth);
      if (value == null) {
        continue;
      }
      if (values.put(name, value) != null) {
        throw Refusal.of(where + ": \"" + Refusal.shown(name) + "\" twice (expected: once)");
      }
      bound(where, values.size());
    }
    return Collections.unmodifiableMap(values);
  }

  private List<Object> array(String where, int depth) throws IOException {
    List<Object> values = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      Object value = value(where, depth);
      if (value != null) {
        values.add(value);
      }
      bound(where, values.size());
    }
    return Collections.unmodifiableList(values);
  }

  private @Nullable Object value(String where, int depth) throws IOException {
    JsonToken token = parser.currentToken();
    if (depth > MAX_DEPTH) {
      throw Refusal.of(
          where + ": nested more than " + MAX_DEPTH + " deep (expected: plain values)");
    }
    return switch (token) {
      case VALUE_STRING -> parser.getText();
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case VALUE_NUMBER_INT ->
          parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER
              ? parser.getBigIntegerValue()
              : (Object) parser.getLongValue();
      case VALUE_NUMBER_FLOAT -> finite(where, parser.getDoubleValue());
      case START_OBJECT -> object(where, depth + 1);
      case START_ARRAY -> array(where, depth + 1);
      default -> null;
    };
  }

  private static Double finite(String where, double value) {
    if (Double.isInfinite(value)) {
      throw Refusal.of(where + ": a number too large for 64 bits (expected: a finite one)");
    }
    return value;
  }

  private static void bound(String where, int entries) {
    if (entries > InferMessage.MAX_PARAMETERS) {
      throw Refusal.of(
          where + ": more than " + InferMessage.MAX_PARAMETERS + " entries (expected: fewer)");
    }
  }
}
