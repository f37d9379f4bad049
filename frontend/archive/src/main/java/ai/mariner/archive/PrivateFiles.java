package ai.mariner.archive;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Files and folders that only the server's own user may use. */
final class PrivateFiles {
  static final FileAttribute<Set<PosixFilePermission>> OWNER_ALL =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
  static final FileAttribute<Set<PosixFilePermission>> OWNER_READ_WRITE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  private static final Logger LOG = LoggerFactory.getLogger(PrivateFiles.class);

  private PrivateFiles() {}

  /**
   * Deletes a file, or a folder with all that is in it; links are deleted, not followed. Never
   * throws: what can't be deleted is logged and stays.
   */
  static void delete(Path path) {
    try {
      if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
        Files.walkFileTree(path, new Deletion());
      }
    } catch (IOException | RuntimeException e) {
      LOG.warn("{} can't be deleted: {}", path, e.toString());
    }
  }

  private static final class Deletion extends SimpleFileVisitor<Path> {
    @Override
    public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attrs) {
      // A handler may have taken its own rights away.
      if (!Files.isWritable(dir) || !Files.isExecutable(dir) || !Files.isReadable(dir)) {
        try {
          Files.setPosixFilePermissions(dir, OWNER_ALL.value());
        } catch (IOException | UnsupportedOperationException e) {
          LOG.debug("{}: {}", dir, e.toString());
        }
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attrs) {
      remove(file);
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException e) {
      remove(file);
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path dir, @Nullable IOException e) {
      remove(dir);
      return FileVisitResult.CONTINUE;
    }

    private static void remove(Path path) {
      try {
        Files.deleteIfExists(path);
      } catch (IOException e) {
        LOG.warn("{} can't be deleted: {}", path, e.toString());
      }
    }
  }
}
