package ai.mariner.archive;

import ai.mariner.core.error.ServeException;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Unpacks archives into fresh folders. A folder gets its name only when it is whole and its
 * contents were found good; until then it is a staging folder that is removed on any failure.
 */
final class Unpacker {
  private static final String MANIFEST_FOLDER = "MAR-INF";

  private final Path models;
  private final UnpackLimits limits;

  /**
   * An unpacker.
   *
   * @param workDirectory folder of the server; archives go to {@code models} in it
   * @param limits how much an archive may unpack to
   */
  Unpacker(Path workDirectory, UnpackLimits limits) {
    this.models = workDirectory.resolve("models");
    this.limits = limits;
  }

  /**
   * What was unpacked.
   *
   * @param folder new folder
   * @param contents what was read from it
   */
  record Unpacked<T>(Path folder, T contents) {}

  /**
   * Unpacks an archive and has its contents read.
   *
   * @param archive file of any format
   * @param reader reads what is wanted from the folder, or throws to refuse it
   */
  <T> Unpacked<T> unpack(Path archive, Function<Path, T> reader) {
    ArchiveFormat format = ArchiveFormat.of(archive);
    String name = UUID.randomUUID().toString().replace("-", "");
    Path staging = create(name + ".part");
    try {
      extract(format, archive, staging);
      Path top =
          format == ArchiveFormat.TAR_GZ ? withoutSoleFolder(staging) : withoutWrapper(staging);
      T contents = reader.apply(top);
      return new Unpacked<>(move(top, models.resolve(name)), contents);
    } finally {
      PrivateFiles.delete(staging);
    }
  }

  /** Puts files into an empty folder. */
  interface Filling {
    void into(Path folder) throws IOException;
  }

  /**
   * Makes a folder of what is no archive, and has its contents read.
   *
   * @param filling puts the files there
   * @param reader reads what is wanted from the folder, or throws to refuse it
   */
  <T> Unpacked<T> make(Filling filling, Function<Path, T> reader) {
    String name = UUID.randomUUID().toString().replace("-", "");
    Path staging = create(name + ".part");
    try {
      filling.into(staging);
      T contents = reader.apply(staging);
      return new Unpacked<>(move(staging, models.resolve(name)), contents);
    } catch (IOException e) {
      throw unwritable(e);
    } finally {
      PrivateFiles.delete(staging);
    }
  }

  /**
   * A fresh private file for a download, which the caller deletes.
   *
   * @throws ServeException when the disk does not take it
   */
  Path newDownloadFile() {
    String name = UUID.randomUUID().toString().replace("-", "") + ".download";
    try {
      Files.createDirectories(models, PrivateFiles.OWNER_ALL);
      return Files.createFile(models.resolve(name), PrivateFiles.OWNER_READ_WRITE);
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  private Path create(String name) {
    try {
      Files.createDirectories(models, PrivateFiles.OWNER_ALL);
      return Files.createDirectory(models.resolve(name), PrivateFiles.OWNER_ALL);
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  private void extract(ArchiveFormat format, Path archive, Path staging) {
    try {
      UnpackBudget budget = new UnpackBudget(limits, Files.size(archive));
      UnpackTarget target = new UnpackTarget(staging, budget);
      switch (format) {
        case ZIP -> ZipUnpacker.unpack(archive, target, budget);
        case TAR_GZ -> TarUnpacker.unpack(archive, target, budget);
      }
      if (target.isEmpty()) {
        throw Refusals.invalid("Archive has no files (expected: at least one)");
      }
    } catch (ServeException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // The readers throw both on hostile input.
      throw Refusals.invalid(
          "Archive is damaged or cut short (expected: a whole "
              + (format == ArchiveFormat.ZIP ? "zip" : "gzip-compressed tar")
              + "); "
              + reason(e),
          e);
    }
  }

  private static String reason(Exception e) {
    String text = e.getMessage();
    return text == null ? e.getClass().getSimpleName() : Refusals.shown(text);
  }

  /** The archiver packs a tar's files below one folder of the model's name. */
  private static Path withoutSoleFolder(Path folder) {
    Path inner = soleFolder(folder);
    boolean isManifest = inner != null && inner.endsWith(MANIFEST_FOLDER);
    return inner == null || isManifest ? folder : inner;
  }

  /** Zips made by hand often hold the folder instead of what is in it. */
  private static Path withoutWrapper(Path folder) {
    Path inner = ModelFolder.hasManifest(folder) ? null : soleFolder(folder);
    return inner != null && ModelFolder.hasManifest(inner) ? inner : folder;
  }

  /** The folder that is the only thing in another; absent: there is more, or it is a file. */
  static @Nullable Path soleFolder(Path folder) {
    try {
      List<Path> found = ModelFolder.contents(folder);
      return found.size() == 1 && Files.isDirectory(found.get(0)) ? found.get(0) : null;
    } catch (IOException | DirectoryIteratorException e) {
      throw Refusals.invalid("Folder can't be read (expected: a readable folder)", e);
    }
  }

  private static Path move(Path from, Path to) {
    try {
      return Files.move(from, to);
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  private static ServeException unwritable(IOException e) {
    return Refusals.unwritable(
        "Archive can't be unpacked: the server's work folder is full or not writable.", e);
  }
}
