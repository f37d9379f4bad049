package ai.mariner.oip;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.StreamWriteConstraints;
import com.fasterxml.jackson.core.StreamWriteFeature;
import java.io.IOException;

/** How JSON is read and written here: UTF-8, strictly, within the bounds of the body. */
final class JsonSyntax {
  /** Deeper than any tensor and its surroundings. */
  private static final int MAX_DEPTH = Shape.MAX_RANK + 16;

  private static final JsonFactory FACTORY = new NumberParser.Factory(settings());

  private JsonSyntax() {}

  private static JsonFactoryBuilder settings() {
    JsonFactoryBuilder builder = new JsonFactoryBuilder();
    builder
        .enable(StreamReadFeature.USE_FAST_DOUBLE_PARSER)
        .enable(StreamReadFeature.USE_FAST_BIG_NUMBER_PARSER)
        .enable(StreamWriteFeature.USE_FAST_DOUBLE_WRITER)
        .disable(JsonFactory.Feature.CHARSET_DETECTION)
        // Names are the client's to choose; the table that shares them is bounded.
        .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
        .streamReadConstraints(
            StreamReadConstraints.builder()
                .maxNestingDepth(MAX_DEPTH)
                // The body's own limit bounds them.
                .maxStringLength(Integer.MAX_VALUE)
                .maxNameLength(Integer.MAX_VALUE)
                .build())
        .streamWriteConstraints(
            StreamWriteConstraints.builder().maxNestingDepth(MAX_DEPTH).build());
    return builder;
  }

  static JsonFactory factory() {
    return FACTORY;
  }

  static JsonParser parser(byte[] json, int offset, int length) throws IOException {
    return FACTORY.createParser(json, offset, length);
  }

  /** What a parser found, in words. */
  static String problem(IOException fault) {
    if (fault instanceof JsonProcessingException json) {
      String text = Refusal.shown(firstSentence(json.getOriginalMessage()));
      if (json.getLocation() == null) {
        return text;
      }
      return "line "
          + json.getLocation().getLineNr()
          + ", column "
          + json.getLocation().getColumnNr()
          + ": "
          + text;
    }
    // Invalid UTF-8 comes as an exception without a place.
    return Refusal.shown(firstSentence(String.valueOf(fault.getMessage())));
  }

  private static String firstSentence(String text) {
    int line = text.indexOf('\n');
    return line < 0 ? text : text.substring(0, line);
  }
}
