package ai.mariner.archive;

import ai.mariner.core.message.NameRule;
import ai.mariner.core.model.Manifest;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Reads {@code MAR-INF/MANIFEST.json}. */
final class ManifestReader {
  private static final String LABEL = "MAR-INF/MANIFEST.json";
  private static final ManifestFile NONE =
      new ManifestFile(new Manifest(null, "1.0", null, "python", null), null);

  static final JsonMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(64)
                          .maxStringLength(SmallFile.MAX_BYTES)
                          .maxNumberLength(128)
                          .build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          // A version written as the number 1.10 is meant as it is written.
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  /**
   * Reads the manifest of an unpacked archive. One without a manifest is fine: it runs as python,
   * version 1.0, and has no name of its own.
   *
   * @throws ai.mariner.core.error.ServeException when the manifest is malformed
   */
  ManifestFile read(Path folder) {
    Path file = folder.resolve("MAR-INF").resolve("MANIFEST.json");
    if (Files.notExists(file, LinkOption.NOFOLLOW_LINKS)) {
      return NONE;
    }
    if (!Files.isRegularFile(file)) {
      throw Refusals.invalid(LABEL + " is no file (expected: a file)");
    }
    JsonNode root = parse(SmallFile.text(file, LABEL));
    JsonNode model = child(root, "model");
    checkWithin("model.serializedFile", text(model, "model.", "serializedFile"));
    checkWithin("model.modelFile", text(model, "model.", "modelFile"));
    checkWithin("model.requirementsFile", text(model, "model.", "requirementsFile"));
    String configFile = text(model, "model.", "configFile");
    checkWithin("model.configFile", configFile);
    return new ManifestFile(manifest(root, model), configFile);
  }

  private static Manifest manifest(JsonNode root, JsonNode model) {
    String runtime = text(root, "", "runtime");
    String name = text(model, "model.", "modelName");
    if (name != null && !NameRule.allows(name)) {
      throw bad("model.modelName", name, NameRule.EXPECTED);
    }
    String version = text(model, "model.", "modelVersion");
    if (version != null && !NameRule.allows(version)) {
      throw bad("model.modelVersion", version, NameRule.EXPECTED);
    }
    String handler = text(model, "model.", "handler");
    checkHandler(handler);
    return new Manifest(
        name,
        version == null ? "1.0" : version,
        handler,
        runtime == null ? "python" : checkedRuntime(runtime),
        text(model, "model.", "envelope"),
        text(model, "model.", "requirementsFile"));
  }

  private JsonNode parse(String text) {
    try {
      JsonNode root = JSON.readTree(text);
      if (!root.isObject()) {
        throw Refusals.invalid(LABEL + ": not a JSON object (expected: {...})");
      }
      return root;
    } catch (JsonProcessingException e) {
      int line = e.getLocation() == null ? 1 : e.getLocation().getLineNr();
      String reason = Refusals.shown(e.getOriginalMessage());
      throw Refusals.invalid(
          LABEL + " line " + line + ": not valid JSON (expected: {...}); " + reason, e);
    }
  }

  private static JsonNode child(JsonNode root, String key) {
    JsonNode node = root.get(key);
    if (node == null || node.isNull()) {
      return MissingNode.getInstance();
    }
    if (!node.isObject()) {
      throw bad(key, node.toString(), "a JSON object");
    }
    return node;
  }

  /** Text of a field; absent, null and empty are the same. */
  private static @Nullable String text(JsonNode node, String prefix, String key) {
    JsonNode value = node.get(key);
    if (value == null || value.isNull()) {
      return null;
    }
    if (!value.isTextual() && !value.isNumber()) {
      throw bad(prefix + key, value.toString(), "a text");
    }
    String text = value.asText();
    return text.isEmpty() ? null : text;
  }

  private static String checkedRuntime(String runtime) {
    return switch (runtime) {
      case "python", "python3" -> runtime;
      case "LSP" ->
          throw bad("runtime", runtime, "python or python3; the C++ backend is not supported");
      default -> throw bad("runtime", runtime, "python or python3");
    };
  }

  /** A handler is a file, a module or a name, each with {@code :function} or without. */
  private static void checkHandler(@Nullable String handler) {
    int colon = handler == null ? -1 : handler.lastIndexOf(':');
    if (handler != null && !isWithin(colon < 0 ? handler : handler.substring(0, colon))) {
      throw bad("model.handler", handler, "a path within the archive");
    }
  }

  private static void checkWithin(String key, @Nullable String path) {
    if (path != null && !isWithin(path)) {
      throw bad(key, path, "a path within the archive");
    }
  }

  static boolean isWithin(String path) {
    if (path.indexOf('\\') >= 0 || path.chars().anyMatch(Character::isISOControl)) {
      return false;
    }
    try {
      Path parsed = Path.of(path);
      for (Path part : parsed) {
        if (part.toString().equals("..")) {
          return false;
        }
      }
      return !parsed.isAbsolute();
    } catch (InvalidPathException e) {
      return false;
    }
  }

  private static RuntimeException bad(String key, String value, String expected) {
    return Refusals.invalid(
        LABEL + ": " + key + ": " + Refusals.shown(value) + " (expected: " + expected + ")");
  }
}
