package ai.mariner.oip;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.io.IOContext;
import com.fasterxml.jackson.core.json.UTF8StreamJsonParser;
import com.fasterxml.jackson.core.sym.ByteQuadsCanonicalizer;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Jackson's parser of bytes, which can read a list of numbers by itself: a token for each of them
 * costs more than the number.
 */
final class NumberParser extends UTF8StreamJsonParser {
  private NumberParser(
      IOContext context,
      int features,
      ByteQuadsCanonicalizer names,
      byte[] text,
      int from,
      int to) {
    super(context, features, null, null, names, text, from, to, 0, false);
  }

  /**
   * Reads the list at whose beginning the parser stands, if it is a plain one: numbers and blanks,
   * as many as there is room for, flat or nested as the dimensions say. The parser stands before
   * its end then; else nothing has happened but that the room may have been written to.
   *
   * @param room where the elements go, from its position on
   * @return whether it was read
   */
  boolean readFloats(List<Long> dims, ByteBuffer room) {
    FloatScanner scanner = new FloatScanner(_inputBuffer, _inputPtr, _inputEnd, room);
    int end = scanner.read(dims);
    if (end < 0) {
      return false;
    }
    _inputPtr = end;
    return true;
  }

  /** Makes such parsers. */
  static final class Factory extends JsonFactory {
    private static final long serialVersionUID = 1L;

    Factory(JsonFactoryBuilder builder) {
      super(builder);
    }

    @Override
    protected JsonParser _createParser(byte[] text, int from, int length, IOContext context) {
      ByteQuadsCanonicalizer names = _byteSymbolCanonicalizer.makeChild(_factoryFeatures);
      return new NumberParser(context, _parserFeatures, names, text, from, from + length);
    }
  }
}
