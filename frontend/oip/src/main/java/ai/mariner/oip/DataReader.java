package ai.mariner.oip;

import ai.mariner.core.message.Datatype;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Reads the {@code data} of a tensor from JSON straight into bytes: flat, or nested as its shape
 * says.
 */
final class DataReader {
  private final JsonParser parser;
  private final String where;
  private final List<Long> dims;
  private final long expected;
  private final ElementReader elements;
  private final long[] counts = new long[Shape.MAX_RANK + 2];
  private int depth;

  /** How deep the elements are: 1 when they are flat; 0 as long as there was none. */
  private int leaf;

  private long read;

  /**
   * Makes a reader.
   *
   * @param parser stands at the value
   * @param where what the tensor is, for messages
   * @param textLength bytes of the whole text, which bound the number of elements
   */
  DataReader(JsonParser parser, String where, Datatype datatype, Shape shape, int textLength) {
    this.parser = parser;
    this.where = where;
    this.dims = shape.dims();
    this.expected = shape.elements();
    // An element takes a character, and another one divides it from the next.
    if (expected > textLength / 2 + 1) {
      throw Refusal.of(
          where
              + ": shape "
              + shape
              + " has "
              + expected
              + " elements (expected: no more than the data has, whose text is at most "
              + textLength
              + " bytes)");
    }
    this.elements = ElementReader.of(datatype, parser, where, (int) expected);
  }

  /** Reads all elements; afterwards the parser stands at the end of the value. */
  ByteBuffer read() throws IOException {
    if (parser.currentToken() != JsonToken.START_ARRAY) {
      throw Refusal.of(
          where
              + ": data: "
              + ElementReader.named(parser.currentToken())
              + " (expected: an array)");
    }
    if (elements.readAll(dims)) {
      parser.nextToken();
      return elements.data();
    }
    open();
    while (depth > 0) {
      JsonToken token = parser.nextToken();
      if (token == JsonToken.START_ARRAY) {
        open();
      } else if (token == JsonToken.END_ARRAY) {
        close();
      } else {
        element(token);
      }
    }
    if (read != expected) {
      throw count(read);
    }
    return elements.data();
  }

  private void element(JsonToken token) throws IOException {
    if (depth != leaf) {
      if (leaf != 0 || (depth != 1 && depth != dims.size())) {
        throw uneven();
      }
      leaf = depth;
    }
    counts[depth]++;
    if (++read > expected) {
      throw Refusal.of(
          where
              + ": data has more elements than the shape "
              + dims
              + " (expected: "
              + expected
              + ")");
    }
    elements.read(token, read - 1);
  }

  private void open() {
    if (depth > 0 && (depth == leaf || depth >= dims.size())) {
      throw uneven();
    }
    counts[depth]++;
    depth++;
    counts[depth] = 0;
  }

  private void close() {
    boolean flat = depth == 1 && (leaf == 1 || counts[1] == 0);
    if (!flat && counts[depth] != dims.get(depth - 1)) {
      throw Refusal.of(
          where
              + ": data has a list of "
              + counts[depth]
              + " at depth "
              + depth
              + " (expected: "
              + dims.get(depth - 1)
              + ", as in its shape "
              + dims
              + ")");
    }
    depth--;
  }

  private RuntimeException uneven() {
    return Refusal.of(
        where + ": data is nested otherwise than its shape " + dims + " (expected: so, or flat)");
  }

  private RuntimeException count(long found) {
    return Refusal.of(
        where
            + ": data has "
            + found
            + " elements (expected: "
            + expected
            + ", as its shape "
            + dims
            + " says)");
  }
}
