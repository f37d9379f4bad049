package ai.mariner.archive;

import ai.mariner.archive.ContentsReader.Contents;
import ai.mariner.core.application.ApplicationSpec;
import ai.mariner.core.application.DocumentSpec;
import ai.mariner.core.application.FixedAnswer;
import ai.mariner.core.application.NodeSpec;
import ai.mariner.core.application.RouteSpec;
import ai.mariner.core.application.RouteSpec.BodyForm;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.Body;
import ai.mariner.core.message.NameRule;
import ai.mariner.core.model.ApplicationArchive;
import ai.mariner.core.model.ModelArchive;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads an application's folder, as {@code proto/app} describes it. */
final class ApplicationReader {
  static final String FILE = "app.json";
  private static final int MAX_DOCUMENT_BYTES = 16 << 20;
  private static final long MOST_MILLIS = Duration.ofDays(365).toMillis();
  private static final long MOST_RETRIES = 100;
  private static final String OTHERS = "*";
  private static final Pattern METHOD = Pattern.compile("[A-Z]{1,32}");
  private static final Pattern METRICS_NAMESPACE = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
  private static final Pattern PATH = Pattern.compile("/[^\\s\\p{Cntrl}?#]*");

  private final ModelArchive files;
  private final Function<Path, Contents> contents;
  private final JsonKeys root;

  private ApplicationReader(ModelArchive files, Function<Path, Contents> contents, JsonKeys root) {
    this.files = files;
    this.contents = contents;
    this.root = root;
  }

  /**
   * Reads an application.
   *
   * @param files its files
   * @param contents reads the folder of a stage
   * @throws ai.mariner.core.error.ServeException that says what is wrong
   */
  static ApplicationArchive read(ModelArchive files, Function<Path, Contents> contents) {
    Path file = files.directory().resolve(FILE);
    if (!isOwnFile(files.directory(), file)) {
      throw Refusals.invalid(FILE + ": leads out of the folder (expected: a file of its own)");
    }
    JsonNode json;
    try {
      json =
          ManifestReader.JSON
              .readerFor(JsonNode.class)
              .with(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
              .readValue(SmallFile.text(file, FILE));
    } catch (JsonProcessingException e) {
      throw Refusals.invalid(
          FILE + ": not valid JSON (expected: {...}); " + Refusals.shown(e.getOriginalMessage()),
          e);
    }
    return new ApplicationReader(files, contents, new JsonKeys(FILE, "", json)).read();
  }

  private ApplicationArchive read() {
    if (root.number("format", 1, 1) == null) {
      throw root.bad("format", "absent", "1");
    }
    String name = root.requiredText("name");
    checkName(root, "name", name);
    Map<String, ModelArchive> stages = new LinkedHashMap<>();
    root.named("stages").forEach((stage, keys) -> stages.put(stage, stage(stage, keys)));
    List<RouteSpec> routes = new ArrayList<>();
    root.objects("routes").forEach(keys -> routes.add(route(keys, stages.keySet())));
    List<DocumentSpec> documents = new ArrayList<>();
    root.objects("documents").forEach(keys -> documents.add(document(keys)));
    Map<ErrorKind, FixedAnswer> failures = new EnumMap<>(ErrorKind.class);
    FixedAnswer others = failures(failures);
    root.end();
    if (routes.isEmpty()) {
      throw root.bad("routes", "empty or absent", "at least one route");
    }
    List<String> names = List.copyOf(stages.keySet());
    return new ApplicationArchive(
        new ApplicationSpec(name, names, routes, documents, failures, others), stages);
  }

  private static void checkName(JsonKeys keys, String key, String name) {
    if (!NameRule.allows(name)) {
      throw keys.bad(key, NameRule.shown(name), NameRule.EXPECTED);
    }
  }

  private ModelArchive stage(String name, JsonKeys keys) {
    checkName(root, "stages", name);
    String given = keys.requiredText("folder");
    keys.end();
    Path folder = ManifestReader.isWithin(given) ? files.directory().resolve(given) : null;
    if (folder == null
        || !Files.isDirectory(folder)
        || !ContentsReader.liesWithin(files.directory(), folder)) {
      throw keys.bad("folder", given, "a folder of the application");
    }
    Contents found = contents(name, folder);
    return new ModelArchive(
        files.location(),
        folder.normalize(),
        found.manifest(),
        found.overrides(),
        found.signature(),
        name,
        () -> {});
  }

  private Contents contents(String stage, Path folder) {
    try {
      return contents.apply(folder);
    } catch (ServeException e) {
      String message = "stages." + NameRule.shown(stage) + ": " + e.failure().message();
      throw new ServeException(new Failure(e.failure().kind(), message, null, null), e);
    }
  }

  private RouteSpec route(JsonKeys keys, Set<String> stages) {
    String method = keys.requiredText("method");
    if (!METHOD.matcher(method).matches()) {
      throw keys.bad("method", method, "an HTTP method such as POST");
    }
    List<NodeSpec> nodes = new ArrayList<>();
    keys.objects("nodes").forEach(node -> nodes.add(node(node, stages)));
    Long timeout = keys.number("timeoutMs", 1, MOST_MILLIS);
    JsonKeys empty = keys.object("emptyBody");
    RouteSpec route =
        new RouteSpec(
            method,
            path(keys, "path"),
            nodes,
            body(keys),
            keys.flag("events"),
            keys.flag("compression"),
            timeout == null ? null : Duration.ofMillis(timeout),
            empty == null ? null : answer(empty));
    keys.end();
    return route;
  }

  private static String path(JsonKeys keys, String key) {
    String path = keys.requiredText(key);
    if (!PATH.matcher(path).matches()) {
      throw keys.bad(key, path, "a path that begins with / and has no blank, ? or #");
    }
    return path;
  }

  private static BodyForm body(JsonKeys keys) {
    String body = keys.text("body");
    if (body == null || body.equals("raw")) {
      return BodyForm.RAW;
    }
    if (body.equals("inputs")) {
      return BodyForm.INPUTS;
    }
    throw keys.bad("body", body, "raw or inputs");
  }

  private static NodeSpec node(JsonKeys keys, Set<String> stages) {
    String name = keys.requiredText("name");
    checkName(keys, "name", name);
    String stage = keys.requiredText("stage");
    if (!stages.contains(stage)) {
      throw keys.bad("stage", stage, "one of " + String.join(", ", stages));
    }
    List<String> inputs = keys.texts("inputs");
    Long retries = keys.number("retries", 0, MOST_RETRIES);
    keys.end();
    return new NodeSpec(name, stage, inputs, retries == null ? 0 : retries.intValue());
  }

  private DocumentSpec document(JsonKeys keys) {
    String path = path(keys, "path");
    if (keys.text("openapi") != null) {
      String shown = path(keys, "openapi");
      keys.end();
      return new DocumentSpec(path, "text/html", Body.empty(), false, null, null, shown);
    }
    String type = keys.requiredText("type");
    String namespace = keys.text("metrics");
    if (namespace != null) {
      keys.end();
      if (!METRICS_NAMESPACE.matcher(namespace).matches()) {
        throw keys.bad("metrics", namespace, "a name of letters, digits and _");
      }
      return new DocumentSpec(path, type, Body.empty(), false, null, namespace, null);
    }
    String given = keys.requiredText("file");
    Path file = ManifestReader.isWithin(given) ? files.directory().resolve(given) : null;
    if (file == null || !isOwnFile(files.directory(), file)) {
      throw keys.bad("file", given, "a file of the application");
    }
    boolean health = keys.flag("health");
    String drainText = keys.text("drainText");
    keys.end();
    if (drainText != null && !health) {
      throw keys.bad("drainText", drainText, "none, where health is not true");
    }
    Body content = Body.of(bytes(keys, given, file));
    return new DocumentSpec(path, type, content, health, drainText, null, null);
  }

  private static byte[] bytes(JsonKeys keys, String given, Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(MAX_DOCUMENT_BYTES + 1);
      if (bytes.length > MAX_DOCUMENT_BYTES) {
        throw keys.bad("file", given, "at most " + MAX_DOCUMENT_BYTES + " bytes");
      }
      return bytes;
    } catch (IOException e) {
      throw Refusals.invalid(Refusals.shown(given) + " can't be read (expected: a file)", e);
    }
  }

  /** Reads the answers to failures into a map; returns that to all others. */
  private @Nullable FixedAnswer failures(Map<ErrorKind, FixedAnswer> byKind) {
    Set<String> kinds = new HashSet<>();
    Arrays.stream(ErrorKind.values()).forEach(kind -> kinds.add(kind.name()));
    FixedAnswer others = null;
    for (Map.Entry<String, JsonKeys> entry : root.named("failures").entrySet()) {
      FixedAnswer answer = answer(entry.getValue());
      if (entry.getKey().equals(OTHERS)) {
        others = answer;
      } else if (kinds.contains(entry.getKey())) {
        byKind.put(ErrorKind.valueOf(entry.getKey()), answer);
      } else {
        throw root.bad("failures", entry.getKey(), "* or a kind of docs/reference/errors.md");
      }
    }
    return others;
  }

  private static FixedAnswer answer(JsonKeys keys) {
    Long status = keys.number("status", 200, 599);
    String text = keys.text("text");
    FixedAnswer answer =
        new FixedAnswer(
            status == null ? 0 : status.intValue(), keys.text("type"), text == null ? "" : text);
    keys.end();
    if (status == null) {
      throw keys.bad("status", "absent", "an HTTP status");
    }
    return answer;
  }

  private static boolean isOwnFile(Path folder, Path file) {
    return Files.isRegularFile(file) && ContentsReader.liesWithin(folder, file);
  }
}
