package ai.mariner.archive;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The model store: users' archives, and those that were fetched. */
final class StoreFolder {
  private static final Logger LOG = LoggerFactory.getLogger(StoreFolder.class);
  private static final List<String> ENDINGS = List.of(".mar", ".model", ".tar.gz", ".tgz");

  private final Path folder;

  StoreFolder(Path folder) {
    this.folder = folder;
  }

  /**
   * Names of all that could be served, sorted. Folders that hold no model are passed over with a
   * warning.
   *
   * @param withoutManifest whether a folder of a model may lack the manifest, since the
   *     configuration names a handler for such
   * @throws ai.mariner.core.error.ServeException when the store can't be read
   */
  List<String> list(boolean withoutManifest) {
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
      for (Path entry : entries) {
        String name = String.valueOf(entry.getFileName());
        if (!name.startsWith(".")
            && (Files.isDirectory(entry)
                ? isModel(entry, withoutManifest)
                : isArchive(entry, name))) {
          names.add(name);
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      // Asked for at start only: no client sees the path.
      throw Refusals.unwritable(
          "model_store: " + folder + " can't be read (expected: a readable folder)", e);
    }
    Collections.sort(names);
    return List.copyOf(names);
  }

  private static boolean isModel(Path entry, boolean withoutManifest) {
    String reason = ModelFolder.objection(entry, withoutManifest);
    if (reason != null) {
      LOG.warn("model_store: {} is passed over: {}", entry, reason);
    }
    return reason == null;
  }

  private static boolean isArchive(Path entry, String name) {
    return isArchiveName(name) && Files.isRegularFile(entry);
  }

  /** Whether a file of this name is taken for an archive. */
  static boolean isArchiveName(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return ENDINGS.stream().anyMatch(lower::endsWith);
  }

  /**
   * Refuses a name that is taken.
   *
   * @throws ai.mariner.core.error.ServeException when there is something of that name
   */
  void checkFree(String fileName) {
    if (Files.exists(folder.resolve(fileName), LinkOption.NOFOLLOW_LINKS)) {
      throw taken(fileName);
    }
  }

  /**
   * Puts a copy of a file into the store, all at once and never over another.
   *
   * @return removes it again, if it is still the same file; never throws
   */
  Runnable add(Path source, String fileName) {
    Path target = folder.resolve(fileName);
    Path hidden = folder.resolve("." + UUID.randomUUID() + ".download");
    try {
      Files.copy(source, hidden);
      // Unlike a move, a new link fails when the name was taken in the meantime.
      link(hidden, target);
      Object identity = identity(target);
      return () -> remove(target, identity);
    } catch (FileAlreadyExistsException e) {
      throw taken(fileName);
    } catch (IOException e) {
      throw Refusals.unwritable(
          "The fetched archive can't be kept: the model store is full or not writable.", e);
    } finally {
      PrivateFiles.delete(hidden);
    }
  }

  private static void link(Path hidden, Path target) throws IOException {
    try {
      Files.createLink(target, hidden);
    } catch (FileAlreadyExistsException e) {
      throw e;
    } catch (IOException | UnsupportedOperationException e) {
      // Some network volumes have no links.
      Files.move(hidden, target);
    }
  }

  private static Object identity(Path file) throws IOException {
    BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
    return List.of(
        String.valueOf(attributes.fileKey()), attributes.size(), attributes.lastModifiedTime());
  }

  private static void remove(Path target, Object identity) {
    try {
      if (Files.isRegularFile(target) && Objects.equals(identity, identity(target))) {
        Files.deleteIfExists(target);
      }
    } catch (IOException | RuntimeException e) {
      LOG.warn("{} can't be removed from the model store: {}", target, e.toString());
    }
  }

  private static RuntimeException taken(String fileName) {
    return Refusals.conflict(
        "Model file already exists "
            + Refusals.shown(fileName)
            + " (expected: a file name that is free in the model store)");
  }
}
