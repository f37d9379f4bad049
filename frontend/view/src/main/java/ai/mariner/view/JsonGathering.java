package ai.mariner.view;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.graph.Gathering;
import ai.mariner.core.message.Body;
import ai.mariner.core.message.Reply;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * Answers of a workflow's last nodes as one JSON object, under the names of the nodes: what is JSON
 * stands there as it is, other text as a string.
 */
public final class JsonGathering implements Gathering {
  private final JsonFactory factory = new JsonFactory();

  @Override
  public Reply gather(Map<String, Reply> answers) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = factory.createGenerator(text)) {
      json.writeStartObject();
      for (Map.Entry<String, Reply> answer : answers.entrySet()) {
        String value = text(answer.getKey(), answer.getValue().body());
        json.writeFieldName(answer.getKey());
        if (isJson(value)) {
          json.writeRawValue(value);
        } else {
          json.writeString(value);
        }
      }
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e); // never of memory
    }
    Body body = Body.of(text.toString().getBytes(StandardCharsets.UTF_8));
    return new Reply(null, null, "application/json", List.of(), body);
  }

  private static String text(String node, Body body) {
    ByteBuffer bytes = body.bytes();
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
    } catch (CharacterCodingException e) {
      throw new ServeException(
          ErrorKind.OUTPUT_INVALID,
          "Error executing "
              + node
              + ": its answer of "
              + body.size()
              + " bytes is no text (expected: JSON or text, since the workflow ends in several"
              + " nodes and their answers form one JSON object)");
    }
  }

  /** Whether a text is exactly one JSON value. */
  private boolean isJson(String text) {
    try (JsonParser parser = factory.createParser(text)) {
      if (parser.nextToken() == null) {
        return false;
      }
      parser.skipChildren();
      return parser.nextToken() == null;
    } catch (IOException e) {
      return false;
    }
  }
}
