package ai.mariner.rest;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http.HttpHeaderNames;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Named parameters of a management call; what can't be read is refused, not replaced. */
final class Parameters {
  private static final Logger log = LoggerFactory.getLogger(Parameters.class);
  private static final ObjectReader JSON =
      new ObjectMapper().reader().with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private final Map<String, String> values;
  private final @Nullable String unread;
  private final @Nullable String repeated;

  private Parameters(
      Map<String, String> values, @Nullable String unread, @Nullable String repeated) {
    this.values = values;
    this.unread = unread;
    this.repeated = repeated;
  }

  /** The parameters of the query string; of repeated ones the first counts. */
  static Parameters ofQuery(Call call) {
    return ofQuery(call, "");
  }

  private static Parameters ofQuery(Call call, String orElse) {
    Map<String, String> values = new LinkedHashMap<>();
    String repeated = null;
    String query = call.target().query();
    if (query != null) {
      for (FormFields.Field field : FormFields.parse(query, "query string")) {
        if (values.putIfAbsent(field.name(), field.text()) != null) {
          repeated = field.name();
        }
      }
    }
    return new Parameters(values, unread(call, orElse), repeated);
  }

  /** Parameters are often sent as a form; what such a body holds would be lost in silence. */
  private static @Nullable String unread(Call call, String orElse) {
    String type = call.request().headers().get(HttpHeaderNames.CONTENT_TYPE);
    if (type == null || !call.body().isReadable()) {
      return null;
    }
    return "The body was not read, Content-Type: "
        + Replies.printable(type)
        + " (expected: parameters in the query string"
        + orElse
        + ")";
  }

  /** Why the body was not read, as a sentence; absent: it was, or there was none. */
  @Nullable String unread() {
    return unread;
  }

  /**
   * The members of a JSON body if the call has one, else the query string.
   *
   * @throws ServeException if the body is no JSON object of plain values
   */
  static Parameters ofQueryOrJson(Call call) {
    String type = call.request().headers().get(HttpHeaderNames.CONTENT_TYPE);
    if (type == null || !RequestInputs.mediaType(type).equalsIgnoreCase(Replies.JSON)) {
      return ofQuery(call, ", or JSON with Content-Type: application/json");
    }
    Map<String, String> values = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> member : members(ByteBufUtil.getBytes(call.body()))) {
      JsonNode value = member.getValue();
      if (value.isContainerNode()) {
        throw new ServeException(
            ErrorKind.BAD_REQUEST,
            Replies.printable(member.getKey()) + ": an array or object (expected: a plain value)");
      }
      if (!value.isNull()) {
        values.put(member.getKey(), value.asText());
      }
    }
    return new Parameters(values, null, null);
  }

  private static Set<Map.Entry<String, JsonNode>> members(byte[] body) {
    try {
      JsonNode node = JSON.readTree(body);
      if (node != null && node.isObject()) {
        return node.properties();
      }
    } catch (IOException e) {
      String text =
          e instanceof JsonProcessingException json
              ? json.getOriginalMessage()
              : String.valueOf(e.getMessage());
      throw new ServeException(
          ErrorKind.BAD_REQUEST,
          "Malformed JSON body: " + Replies.printable(text) + " (expected: a JSON object)");
    }
    throw new ServeException(
        ErrorKind.BAD_REQUEST, "Malformed JSON body: no object (expected: {\"url\": ...})");
  }

  /** All parameters that were given and are not empty. */
  Map<String, String> given() {
    Map<String, String> given = new LinkedHashMap<>(values);
    given.values().removeIf(String::isEmpty);
    return given;
  }

  /**
   * Looks for what would be passed over in silence: a body that was not read, parameters that came
   * twice or that nothing reads.
   *
   * @param known names of the call's parameters
   * @param strict whether others are refused instead of logged
   * @throws ServeException that names the parameter and the known ones
   */
  void expectOnly(Set<String> known, boolean strict) {
    if (unread != null) {
      passedOver(unread, strict);
    }
    if (repeated != null) {
      passedOver(Replies.printable(repeated) + ": more than once (expected: once)", strict);
    }
    for (String name : values.keySet()) {
      if (!known.contains(name)) {
        String expected =
            known.isEmpty() ? "none" : "one of " + String.join(", ", new TreeSet<>(known));
        String what =
            "Unknown parameter: " + Replies.printable(name) + " (expected: " + expected + ")";
        passedOver(what, strict);
      }
    }
  }

  private static void passedOver(String what, boolean strict) {
    if (strict) {
      throw new ServeException(ErrorKind.BAD_REQUEST, what);
    }
    log.warn("{}, ignored", what);
  }

  /** A parameter as text; absent or empty: {@code null}. */
  @Nullable String text(String name) {
    String value = values.get(name);
    return value == null || value.isEmpty() ? null : value;
  }

  /**
   * A whole number.
   *
   * @return absent: {@code null}
   * @throws ServeException if it is malformed or too small
   */
  @Nullable Integer integer(String name, int least) {
    String value = text(name);
    if (value == null) {
      return null;
    }
    try {
      int number = Integer.parseInt(value.trim());
      if (number >= least) {
        return number;
      }
    } catch (NumberFormatException notANumber) {
      // Said below.
    }
    throw refused(name, value, "a whole number >= " + least);
  }

  /** A whole number, or the default when it is absent. */
  int integer(String name, int otherwise, int least) {
    Integer value = integer(name, least);
    return value == null ? otherwise : value;
  }

  /** A whole number, or the default also when it is malformed. */
  int lenientInt(String name, int otherwise) {
    String value = text(name);
    try {
      return value == null ? otherwise : Integer.parseInt(value.trim());
    } catch (NumberFormatException asTorchServeDoes) {
      return otherwise;
    }
  }

  /** A truth value, or the default when it is absent. */
  boolean bool(String name, boolean otherwise) {
    String value = text(name);
    if (value == null) {
      return otherwise;
    }
    if (value.equalsIgnoreCase("true")) {
      return true;
    }
    if (value.equalsIgnoreCase("false")) {
      return false;
    }
    throw refused(name, value, "true or false");
  }

  static ServeException refused(String name, String value, String expected) {
    return new ServeException(
        ErrorKind.BAD_REQUEST,
        name + ": " + Replies.printable(value) + " (expected: " + expected + ")");
  }
}
