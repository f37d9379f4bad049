package ai.mariner.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The private folder (0700) of one run, for worker sockets and unpacked archives. Its name holds
 * the server's process id, so that what a killed server left can be told and swept by the next one.
 */
final class RunDirectory {
  private static final Logger log = LoggerFactory.getLogger(RunDirectory.class);
  private static final Pattern NAME = Pattern.compile("mariner-(\\d+)-[0-9a-f]{8}");

  private final Path path;

  private RunDirectory(Path path) {
    this.path = path;
  }

  /**
   * Makes the folder, after removing those of servers that are no more.
   *
   * @throws IOException if it can't be made
   */
  static RunDirectory create(Path path) throws IOException {
    Path parent = path.getParent();
    if (parent != null) {
      sweep(parent);
    }
    Files.createDirectory(
        path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    return new RunDirectory(path);
  }

  private static void sweep(Path parent) {
    List<Path> entries;
    try (Stream<Path> listed = Files.list(parent)) {
      entries = listed.toList();
    } catch (IOException | UncheckedIOException e) {
      log.warn("{}: can't be listed, folders of killed servers stay: {}", parent, e.toString());
      return;
    }
    for (Path entry : entries) {
      Path name = entry.getFileName();
      Matcher matcher = NAME.matcher(name == null ? "" : name.toString());
      if (matcher.matches() && ownedByDead(entry, matcher.group(1))) {
        log.info("removing {}, left by a server that was killed", entry);
        delete(entry);
      }
    }
  }

  private static boolean ownedByDead(Path entry, String pid) {
    try {
      return Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)
          && Files.isWritable(entry)
          && ProcessHandle.of(Long.parseLong(pid)).isEmpty();
    } catch (NumberFormatException e) {
      return false;
    }
  }

  /** Removes the folder and all in it; what can't be removed is named in the log. */
  void remove() {
    delete(path);
  }

  private static void delete(Path root) {
    try {
      Files.walkFileTree(
          root,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
              Files.deleteIfExists(file);
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(
                Path folder, @org.jspecify.annotations.Nullable IOException e) throws IOException {
              Files.deleteIfExists(folder);
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      log.warn("{}: can't be removed as a whole: {}", root, e.toString());
    }
  }
}
