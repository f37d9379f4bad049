package ai.mariner.oip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.Body;
import ai.mariner.oip.InferMessage.Side;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Locale;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every vector of proto/oip. */
final class VectorsTest {
  /** One vector. */
  record Vector(String name, Side side, JsonNode json) {
    ByteBuffer form() {
      return ByteBuffer.wrap(HexFormat.of().parseHex(json.path("form").asText()));
    }

    ByteBuffer text() {
      return StandardCharsets.UTF_8.encode(json.path("text").asText());
    }

    boolean hasForm() {
      return json.has("form");
    }

    String says() {
      return json.path("says").asText();
    }

    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Vector> messages() throws IOException {
    return section("messages");
  }

  static Stream<Vector> refused() throws IOException {
    return section("refused");
  }

  @ParameterizedTest
  @MethodSource("messages")
  void formAndTextAreTheSameMessage(Vector vector) {
    InferMessage ofForm = OipForm.read(vector.side(), vector.form());
    InferMessage ofText = OipText.read(vector.side(), vector.text());

    assertThat(ofText).isEqualTo(ofForm);
  }

  @ParameterizedTest
  @MethodSource("messages")
  void textBecomesTheForm(Vector vector) {
    InferMessage message = OipText.read(vector.side(), vector.text());

    Body written = OipForm.write(message, Body.empty());

    assertThat(written.bytes()).isEqualTo(vector.form());
    assertThat(written.size()).isEqualTo(vector.form().remaining());
  }

  @ParameterizedTest
  @MethodSource("messages")
  void writtenTextReadsAsTheSameMessage(Vector vector) {
    InferMessage message = OipForm.read(vector.side(), vector.form());

    assertThat(OipText.read(vector.side(), OipText.write(message))).isEqualTo(message);
  }

  @ParameterizedTest
  @MethodSource("refused")
  void refusesWithAMessageThatSaysWhy(Vector vector) {
    ServeException refusal =
        catchThrowableOfType(
            ServeException.class,
            () -> {
              if (vector.hasForm()) {
                OipForm.read(vector.side(), vector.form());
              } else {
                OipText.read(vector.side(), vector.text());
              }
            });

    assertThat(refusal).as("refusal").isNotNull();
    assertThat(refusal.failure().kind()).isEqualTo(ErrorKind.BAD_REQUEST);
    assertThat(refusal.failure().message().toLowerCase(Locale.ROOT))
        .contains(vector.says().toLowerCase(Locale.ROOT))
        .contains("expected:");
  }

  private static Stream<Vector> section(String name) throws IOException {
    Path file = Path.of(System.getProperty("mariner.root"), "proto/oip/vectors.json");
    JsonNode section = new ObjectMapper().readTree(file.toFile()).path(name);
    return StreamSupport.stream(section.spliterator(), false)
        .map(
            json ->
                new Vector(
                    json.path("name").asText(),
                    Side.valueOf(json.path("side").asText().toUpperCase(Locale.ROOT)),
                    json));
  }
}
