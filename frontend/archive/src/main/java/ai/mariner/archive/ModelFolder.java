package ai.mariner.archive;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Tells folders of models from what else lies in a model store: {@code lost+found}, older archives
 * put aside, caches, settings.
 */
final class ModelFolder {
  private static final Path MANIFEST = Path.of("MAR-INF", "MANIFEST.json");

  /** What systems and packers leave beside files. */
  private static final List<String> LITTER = List.of("__MACOSX", ".DS_Store", "__pycache__");

  /** What a model is never made of alone. */
  private static final List<String> SIDE_FILES =
      List.of(".properties", ".cfg", ".log", ".md", ".pyc");

  private ModelFolder() {}

  /** Whether a folder has a manifest. */
  static boolean hasManifest(Path folder) {
    return Files.isRegularFile(folder.resolve(MANIFEST));
  }

  /**
   * Why a folder is no model.
   *
   * @param withoutManifest whether a model may lack the manifest
   * @return the reason with what was expected; absent: it may be a model
   */
  static @Nullable String objection(Path folder, boolean withoutManifest) {
    if (hasManifest(folder)) {
      return null;
    }
    try {
      List<Path> contents = contents(folder);
      if (contents.size() == 1 && hasManifest(contents.get(0))) {
        return null;
      }
      if (!withoutManifest) {
        return "it has no " + MANIFEST + " (expected: a folder that an archive was unpacked to)";
      }
      return contents.stream().anyMatch(ModelFolder::isPartOfModel)
          ? null
          : "it has no files of a model (expected: " + MANIFEST + " or the files of a handler)";
    } catch (AccessDeniedException e) {
      return "it can't be read (expected: a folder that the server's user may read)";
    } catch (IOException | DirectoryIteratorException e) {
      return "it can't be read: " + e.getMessage();
    }
  }

  /**
   * What a folder holds, without what systems and packers leave.
   *
   * @throws IOException when it can't be read
   */
  static List<Path> contents(Path folder) throws IOException {
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
      for (Path entry : entries) {
        if (!LITTER.contains(String.valueOf(entry.getFileName()))) {
          found.add(entry);
        }
      }
    }
    return found;
  }

  private static boolean isPartOfModel(Path entry) {
    String name = String.valueOf(entry.getFileName()).toLowerCase(Locale.ROOT);
    return !name.startsWith(".")
        && !StoreFolder.isArchiveName(name)
        && SIDE_FILES.stream().noneMatch(name::endsWith)
        && (Files.isRegularFile(entry) || (Files.isDirectory(entry) && name.equals("code")));
  }
}
