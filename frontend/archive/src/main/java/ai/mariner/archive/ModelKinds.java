package ai.mariner.archive;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/**
 * Files and folders that are models without an archive around them. The table of {@code
 * ts/runtimes/kinds.py}; {@code proto/runtimes/kinds.json} is what both are tested with.
 */
final class ModelKinds {
  /** What the handlers of all kinds begin with. */
  static final String HANDLERS = "ts.runtimes.";

  private static final int HEAD_BYTES = 64;
  private static final String MANIFEST = "MAR-INF/MANIFEST.json";

  private static final List<Kind> FILES =
      List.of(
          new Kind("torch", "", ".pt", ".pts", ".pth", ".pt2"),
          new Kind("onnx", "", ".onnx"),
          new Kind("sklearn", "", ".joblib", ".pkl", ".pickle", ".skops"),
          new Kind("lightgbm", "tree", ".txt", ".model", ".bst"),
          new Kind("xgboost", "{", ".ubj", ".json", ".bst"),
          new Kind("xgboost", "", ".bst"),
          new Kind("catboost", "", ".cbm"),
          new Kind("keras", "", ".keras"));

  private static final List<String> WEIGHTS =
      List.of("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin");

  private ModelKinds() {}

  /**
   * What a path turned out to be.
   *
   * @param runtime module below {@code ts.runtimes}
   * @param file name of the model's file; absent: the whole folder is the model
   */
  record Found(String runtime, @Nullable String file) {
    /** The handler that serves it. */
    String handler() {
      return HANDLERS + runtime;
    }
  }

  private record Kind(String runtime, String begins, List<String> endings) {
    Kind(String runtime, String begins, String... endings) {
      this(runtime, begins, List.of(endings));
    }
  }

  /** All endings, for messages. */
  static String endings() {
    return FILES.stream()
        .flatMap(kind -> kind.endings().stream())
        .distinct()
        .collect(Collectors.joining(" "));
  }

  /**
   * What a file is.
   *
   * @param file where it is now
   * @param name what it is called
   * @return absent: an archive, or nothing that is known
   */
  static @Nullable Found ofFile(Path file, String name) {
    List<Kind> kinds = FILES.stream().filter(kind -> endsLike(name, kind)).toList();
    if (kinds.isEmpty()) {
      return null;
    }
    String head = head(file);
    if (head.startsWith("PK") && isArchive(file)) {
      return null;
    }
    for (Kind kind : kinds) {
      if (head.startsWith(kind.begins())) {
        return new Found(kind.runtime(), name);
      }
    }
    return null;
  }

  /** What a folder without manifest is; absent: nothing that is known. */
  static @Nullable Found ofFolder(Path folder) {
    if (ModelFolder.hasManifest(folder)) {
      return null;
    }
    if (Files.isRegularFile(folder.resolve("MLmodel"))) {
      return new Found("mlflow", null);
    }
    if (isTransformers(folder)) {
      return new Found("huggingface", null);
    }
    if (Files.isRegularFile(folder.resolve("saved_model.pb"))) {
      return new Found("keras", null);
    }
    List<Found> models = new ArrayList<>();
    try {
      for (Path path : ModelFolder.contents(folder)) {
        String name = String.valueOf(path.getFileName());
        if (Files.isRegularFile(path) && !name.startsWith(".") && !isSideFile(name)) {
          Found found = ofFile(path, name);
          if (found != null) {
            models.add(found);
          }
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      return null;
    }
    return models.size() == 1 ? models.get(0) : null;
  }

  /** Notes, lists and settings lie beside models, under any name but the model's own. */
  private static boolean isSideFile(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return (lower.endsWith(".json") || lower.endsWith(".txt")) && !lower.startsWith("model.");
  }

  private static boolean endsLike(String name, Kind kind) {
    int dot = name.lastIndexOf('.');
    return dot > 0 && kind.endings().contains(name.substring(dot).toLowerCase(Locale.ROOT));
  }

  private static boolean isTransformers(Path folder) {
    if (Files.isRegularFile(folder.resolve("config.json"))
        && WEIGHTS.stream().anyMatch(name -> Files.isRegularFile(folder.resolve(name)))) {
      return true;
    }
    Path settings = folder.resolve("model-settings.json");
    if (!Files.isRegularFile(settings)) {
      return false;
    }
    try {
      JsonNode root = ManifestReader.JSON.readTree(SmallFile.text(settings, "model-settings.json"));
      return root.path("implementation").asText().contains("HuggingFace");
    } catch (JsonProcessingException e) {
      return false;
    }
  }

  private static boolean isArchive(Path file) {
    try (ZipFile zip = new ZipFile(file.toFile())) {
      return zip.getEntry(MANIFEST) != null;
    } catch (ZipException e) {
      return false;
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  private static String head(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return new String(in.readNBytes(HEAD_BYTES), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  private static RuntimeException unreadable(IOException e) {
    return Refusals.invalid("Model can't be read (expected: a readable file).", e);
  }
}
