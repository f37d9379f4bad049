package ai.mariner.worker.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** {@code proto/wire/vectors.json}. */
final class WireVectors {
  private static final Set<String> WORKER_TYPES =
      Set.of("HELLO", "LOADED", "UNLOADED", "RESULT", "PIECE", "HEARTBEAT");

  private static final JsonNode ROOT = read();

  private WireVectors() {}

  /** One vector. */
  record Vector(String name, byte[] bytes, JsonNode json) {
    JsonNode frame() {
      return json.path("frame");
    }

    FrameType type() {
      return FrameType.valueOf(frame().path("type").asText());
    }

    List<JsonNode> items() {
      return children(frame().path("items"));
    }

    boolean fromWorker() {
      return WORKER_TYPES.contains(frame().path("type").asText());
    }

    ByteBuf buffer() {
      return Unpooled.copiedBuffer(bytes);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Vector> valid() {
    return section("valid");
  }

  static Stream<Vector> fromWorker() {
    return valid().filter(Vector::fromWorker);
  }

  static Stream<Vector> fromFrontend() {
    return valid().filter(vector -> !vector.fromWorker() || vector.type() == FrameType.HEARTBEAT);
  }

  static Stream<Vector> invalid() {
    return section("invalid");
  }

  static Stream<Vector> incomplete() {
    return section("incomplete");
  }

  static List<JsonNode> children(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).toList();
  }

  private static Stream<Vector> section(String name) {
    return children(ROOT.path(name)).stream()
        .map(
            json ->
                new Vector(
                    json.path("name").asText(),
                    HexFormat.of().parseHex(json.path("hex").asText()),
                    json));
  }

  private static JsonNode read() {
    Path root = Path.of(System.getProperty("mariner.root"));
    try {
      return new ObjectMapper().readTree(root.resolve("proto/wire/vectors.json").toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
