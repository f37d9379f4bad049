package ai.mariner.oip;

import ai.mariner.oip.InferMessage.Side;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the JSON of a message, whose tensors' data are in it, behind it, or both. */
final class HeadReader {
  private final Source source;
  private final Side side;
  private final Set<String> seen = new HashSet<>();
  private @Nullable String id;
  private @Nullable String modelName;
  private @Nullable String modelVersion;
  private Map<String, Object> parameters = Map.of();
  private @Nullable List<Tensor> tensors;
  private List<RequestedOutput> requested = List.of();

  /**
   * Makes a reader.
   *
   * @param side whether it is a request or an answer
   */
  HeadReader(Source source, Side side) {
    this.source = source;
    this.side = side;
  }

  /** A message as it came. */
  static final class Source {
    private final byte[] json;
    private final int offset;
    private final int length;
    private final ByteBuffer tail;

    /**
     * Makes a source.
     *
     * @param json an array with the text
     * @param offset where the text begins
     * @param length bytes of the text
     * @param tail the bytes behind it; its position moves on as tensors take what is theirs
     */
    private Source(byte[] json, int offset, int length, ByteBuffer tail) {
      this.json = json;
      this.offset = offset;
      this.length = length;
      this.tail = tail;
    }

    /** A text of which nothing is known yet but where it lies; it is copied if it must be. */
    static Source of(ByteBuffer text, ByteBuffer tail) {
      if (text.hasArray()) {
        return new Source(
            text.array(), text.arrayOffset() + text.position(), text.remaining(), tail);
      }
      byte[] copy = new byte[text.remaining()];
      text.get(text.position(), copy);
      return new Source(copy, 0, copy.length, tail);
    }

    /** Bytes of the text. */
    int length() {
      return length;
    }

    /** Bytes behind the text that no tensor has taken yet. */
    int left() {
      return tail.remaining();
    }

    /** A parser of the value that begins so many bytes into the text. */
    JsonParser parserAt(long position) throws IOException {
      int skipped = Math.toIntExact(position);
      return JsonSyntax.parser(json, offset + skipped, length - skipped);
    }

    /** The next bytes behind the text. */
    ByteBuffer take(String where, Object size) {
      if (!(size instanceof Long bytes) || bytes < 0) {
        throw Refusal.of(
            where
                + ": "
                + TensorReader.BINARY_DATA_SIZE
                + ": "
                + Refusal.shown(size)
                + " (expected: a number of bytes)");
      }
      if (bytes > tail.remaining()) {
        throw Refusal.of(
            where
                + ": "
                + TensorReader.BINARY_DATA_SIZE
                + ": "
                + bytes
                + " (expected: at most "
                + tail.remaining()
                + ", the bytes that are left behind the JSON)");
      }
      ByteBuffer taken = tail.slice(tail.position(), (int) (long) bytes);
      tail.position(tail.position() + (int) (long) bytes);
      return taken;
    }
  }

  /** Reads all of it. */
  InferMessage read() {
    try (JsonParser parser = source.parserAt(0)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw Refusal.of(
            "body: " + ElementReader.named(parser.currentToken()) + " (expected: a JSON object)");
      }
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        entry(parser);
      }
      if (parser.nextToken() != null) {
        throw Refusal.of("body: more after the JSON object (expected: its end)");
      }
    } catch (IOException e) {
      throw Refusal.of("body: " + JsonSyntax.problem(e) + " (expected: JSON in UTF-8)", e);
    }
    List<Tensor> found = tensors;
    if (found == null) {
      throw Refusal.of("body: no \"" + side.key() + "\" (expected: a list of tensors)");
    }
    if (source.left() > 0) {
      throw Refusal.of(
          "body: "
              + source.left()
              + " bytes after the last tensor (expected: none beyond the sum of "
              + TensorReader.BINARY_DATA_SIZE
              + ")");
    }
    return new InferMessage(side, id, modelName, modelVersion, parameters, found, requested);
  }

  private void entry(JsonParser parser) throws IOException {
    String key = parser.currentName();
    parser.nextToken();
    if (!seen.add(key)) {
      throw Refusal.of("body: \"" + Refusal.shown(key) + "\" twice (expected: once)");
    }
    if (key.equals(side.key())) {
      tensors = tensors(parser);
      return;
    }
    switch (key) {
      case "id" -> id = text(parser, key);
      case "model_name" -> modelName = text(parser, key);
      case "model_version" -> modelVersion = text(parser, key);
      case "parameters" -> parameters = new ParameterReader(parser).read(key);
      case "outputs" -> requested = requested(parser);
      default ->
          throw Refusal.of(
              "body: \""
                  + Refusal.shown(key)
                  + "\" is unknown (expected: id, parameters, inputs, outputs, model_name,"
                  + " model_version)");
    }
  }

  private static @Nullable String text(JsonParser parser, String key) throws IOException {
    if (parser.currentToken() == JsonToken.VALUE_NULL) {
      return null;
    }
    if (parser.currentToken() != JsonToken.VALUE_STRING) {
      throw Refusal.of(
          key + ": " + ElementReader.named(parser.currentToken()) + " (expected: a string)");
    }
    return parser.getText();
  }

  private List<Tensor> tensors(JsonParser parser) throws IOException {
    list(parser, side.key());
    List<Tensor> found = new ArrayList<>();
    Set<String> names = new HashSet<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      bound(side.key(), found.size());
      Tensor tensor = new TensorReader(source, parser, side.noun(), found.size()).read();
      if (!names.add(tensor.name())) {
        throw Refusal.of(
            side.noun() + " \"" + Refusal.shown(tensor.name()) + "\" twice (expected: once)");
      }
      found.add(tensor);
    }
    return List.copyOf(found);
  }

  private static List<RequestedOutput> requested(JsonParser parser) throws IOException {
    if (parser.currentToken() == JsonToken.VALUE_NULL) {
      return List.of();
    }
    list(parser, "outputs");
    List<RequestedOutput> found = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      bound("outputs", found.size());
      Map<String, Object> entry = new ParameterReader(parser).read("outputs[" + found.size() + "]");
      if (!(entry.get("name") instanceof String name) || name.isEmpty()) {
        throw Refusal.of("outputs[" + found.size() + "]: no name (expected: a string)");
      }
      found.add(new RequestedOutput(name, outputParameters(name, entry)));
    }
    return List.copyOf(found);
  }

  /** What a metadata-like entry says beside these two (shape, datatype) changes nothing. */
  private static Map<String, Object> outputParameters(String name, Map<String, Object> entry) {
    Object value = entry.get("parameters");
    if (value == null) {
      return Map.of();
    }
    if (!(value instanceof Map<?, ?> given)) {
      throw Refusal.of("output \"" + Refusal.shown(name) + "\": parameters (expected: an object)");
    }
    Map<String, Object> parameters = new java.util.LinkedHashMap<>();
    given.forEach((key, each) -> parameters.put((String) key, each));
    return parameters;
  }

  private static void list(JsonParser parser, String key) {
    if (parser.currentToken() != JsonToken.START_ARRAY) {
      throw Refusal.of(
          key + ": " + ElementReader.named(parser.currentToken()) + " (expected: an array)");
    }
  }

  private static void bound(String key, int sizeSoFar) {
    if (sizeSoFar >= InferMessage.MAX_TENSORS) {
      throw Refusal.of(
          key
              + ": more than "
              + InferMessage.MAX_TENSORS
              + " (expected: at most so many in one message)");
    }
  }
}
