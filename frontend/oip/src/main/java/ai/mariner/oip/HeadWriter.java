package ai.mariner.oip;

import ai.mariner.core.message.Datatype;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** Writes the JSON of a message. */
final class HeadWriter {
  /** What elements of BYTES are, when they are no texts; MLServer's word for it. */
  private static final String CONTENT_TYPE = "content_type";

  private static final String BASE64 = "base64";

  private final Predicate<Tensor> binary;
  private final boolean base64;

  /**
   * Makes a writer.
   *
   * @param binary which tensors' data come behind the JSON
   * @param base64 whether BYTES are always written in base64, as TorchServe does for handlers
   */
  HeadWriter(Predicate<Tensor> binary, boolean base64) {
    this.binary = binary;
    this.base64 = base64;
  }

  /** Appends the text of a message. */
  void write(InferMessage message, GrowingBytes out) {
    try (JsonGenerator json = JsonSyntax.factory().createGenerator(out)) {
      json.writeStartObject();
      text(json, "id", message.id());
      text(json, "model_name", message.modelName());
      text(json, "model_version", message.modelVersion());
      if (!message.parameters().isEmpty()) {
        json.writeFieldName("parameters");
        value(json, message.parameters());
      }
      json.writeArrayFieldStart(message.side().key());
      for (Tensor tensor : message.tensors()) {
        tensor(json, tensor);
      }
      json.writeEndArray();
      if (!message.requested().isEmpty()) {
        requested(json, message.requested());
      }
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void tensor(JsonGenerator json, Tensor tensor) throws IOException {
    boolean behind = binary.test(tensor);
    boolean asBase64 =
        !behind && tensor.datatype() == Datatype.BYTES && (base64 || !DataWriter.isText(tensor));
    json.writeStartObject();
    json.writeStringField("name", tensor.name());
    json.writeStringField("datatype", tensor.datatype().name());
    json.writeArrayFieldStart("shape");
    for (long dim : tensor.shape().dims()) {
      json.writeNumber(dim);
    }
    json.writeEndArray();
    boolean tells = asBase64 && !base64;
    if (behind || tells || !tensor.parameters().isEmpty()) {
      json.writeObjectFieldStart("parameters");
      for (Map.Entry<String, Object> each : tensor.parameters().entrySet()) {
        if (!tells || !each.getKey().equals(CONTENT_TYPE)) {
          json.writeFieldName(each.getKey());
          value(json, each.getValue());
        }
      }
      if (behind) {
        json.writeNumberField(TensorReader.BINARY_DATA_SIZE, tensor.byteSize());
      } else if (tells) {
        json.writeStringField(CONTENT_TYPE, BASE64);
      }
      json.writeEndObject();
    }
    if (!behind) {
      json.writeFieldName("data");
      new DataWriter(json).write(tensor, asBase64);
    }
    json.writeEndObject();
  }

  private static void requested(JsonGenerator json, List<RequestedOutput> outputs)
      throws IOException {
    json.writeArrayFieldStart("outputs");
    for (RequestedOutput output : outputs) {
      json.writeStartObject();
      json.writeStringField("name", output.name());
      if (!output.parameters().isEmpty()) {
        json.writeFieldName("parameters");
        value(json, output.parameters());
      }
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static void text(
      JsonGenerator json, String key, @org.jspecify.annotations.Nullable String value)
      throws IOException {
    if (value != null) {
      json.writeStringField(key, value);
    }
  }

  private static void value(JsonGenerator json, Object value) throws IOException {
    if (value instanceof Map<?, ?> object) {
      json.writeStartObject();
      for (Map.Entry<?, ?> each : object.entrySet()) {
        json.writeFieldName((String) each.getKey());
        value(json, each.getValue());
      }
      json.writeEndObject();
    } else if (value instanceof List<?> array) {
      json.writeStartArray();
      for (Object each : array) {
        value(json, each);
      }
      json.writeEndArray();
    } else if (value instanceof String text) {
      json.writeString(text);
    } else if (value instanceof Boolean flag) {
      json.writeBoolean(flag);
    } else if (value instanceof Long number) {
      json.writeNumber(number);
    } else if (value instanceof BigInteger number) {
      json.writeNumber(number);
    } else if (value instanceof Double number && Double.isFinite(number)) {
      json.writeNumber(number);
    } else {
      json.writeNull();
    }
  }
}
