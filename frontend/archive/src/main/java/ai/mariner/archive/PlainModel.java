package ai.mariner.archive;

import ai.mariner.archive.ModelKinds.Found;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.jspecify.annotations.Nullable;

/**
 * Makes the folder of an archive around a model that has none. The user's files are linked, never
 * changed.
 */
final class PlainModel {
  private static final String OPTIONS = "model-config.yaml";
  private static final String MANIFEST_FOLDER = "MAR-INF";

  private PlainModel() {}

  /**
   * Puts a model's file, and what ONNX keeps beside its file, into an empty folder.
   *
   * @throws IOException when the disk does not take it
   */
  static void ofFile(Path file, Found found, Path target) throws IOException {
    String name = String.valueOf(found.file());
    link(file, target.resolve(name));
    Path folder = file.toAbsolutePath().getParent();
    if (folder != null && found.runtime().equals("onnx")) {
      for (String ending : new String[] {".data", "_data"}) {
        Path beside = folder.resolve(name + ending);
        if (Files.isRegularFile(beside)) {
          link(beside, target.resolve(name + ending));
        }
      }
    }
    describe(found, name, target);
  }

  /**
   * Puts links to all that a folder holds into an empty one.
   *
   * @param name what the model is named after
   * @throws IOException when the folder can't be read, or the disk does not take it
   */
  static void ofFolder(Path folder, String name, Found found, Path target) throws IOException {
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
      for (Path entry : entries) {
        String inner = String.valueOf(entry.getFileName());
        if (inner.equals(MANIFEST_FOLDER)) {
          continue;
        }
        if (inner.equals(OPTIONS) && Files.isRegularFile(entry)) {
          // Read by the frontend, which follows no link out of a model's folder.
          Files.copy(entry, target.resolve(inner));
        } else {
          Files.createSymbolicLink(target.resolve(inner), entry.toRealPath());
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    describe(found, name, target);
  }

  /**
   * Writes the manifest that a folder lacks.
   *
   * @param name file or folder that the model is named after
   * @throws IOException when the disk does not take it
   */
  static void describe(Found found, String name, Path folder) throws IOException {
    ObjectNode manifest = ManifestReader.JSON.createObjectNode();
    manifest.put("runtime", "python");
    ObjectNode model = manifest.putObject("model");
    model.put("modelName", ModelNames.fromModel(name));
    model.put("modelVersion", "1.0");
    model.put("handler", found.handler());
    put(model, "serializedFile", found.file());
    if (Files.isRegularFile(folder.resolve(OPTIONS), LinkOption.NOFOLLOW_LINKS)) {
      model.put("configFile", OPTIONS);
    }
    Path place = Files.createDirectories(folder.resolve(MANIFEST_FOLDER), PrivateFiles.OWNER_ALL);
    Files.writeString(place.resolve("MANIFEST.json"), manifest.toPrettyString());
  }

  private static void put(ObjectNode node, String key, @Nullable String value) {
    if (value != null) {
      node.put(key, value);
    }
  }

  /** A second name of the same bytes, so that a file that is replaced later stays as it was. */
  private static void link(Path file, Path target) throws IOException {
    Path real = file.toRealPath();
    try {
      Files.createLink(target, real);
    } catch (IOException | UnsupportedOperationException e) {
      // On another disk, or another user's.
      Files.copy(real, target, StandardCopyOption.REPLACE_EXISTING);
    }
  }
}
