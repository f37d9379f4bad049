package ai.mariner.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The private folder (0700) of one run, for worker sockets and unpacked archives. The server holds
 * a lock in it for as long as it lives, so that what a killed server left can be told and swept by
 * the next one; process ids alone mean little where containers share a temporary folder.
 */
final class RunDirectory {
  private static final Logger log = LoggerFactory.getLogger(RunDirectory.class);
  private static final Pattern NAME = Pattern.compile("mariner-(\\d+)-[0-9a-f]{8}");

  private static final String LOCK = "lock";

  /** Linux takes 107, macOS 103. */
  private static final int MAX_SOCKET_PATH_BYTES = 100;

  private final Path path;
  private final FileChannel lock;

  private RunDirectory(Path path, FileChannel lock) {
    this.path = path;
    this.lock = lock;
  }

  /**
   * Makes the folder, after removing those of servers that are no more.
   *
   * @throws IOException if it can't be made, with the mend
   */
  static RunDirectory create(Path path) throws IOException {
    try {
      return made(path);
    } catch (IOException e) {
      throw new UnwritableException(
          "temporary folder",
          path,
          "a folder that can be written; TMPDIR, or java.io.tmpdir of the JVM, names another one",
          e);
    }
  }

  private static RunDirectory made(Path path) throws IOException {
    Path parent = path.getParent();
    if (parent != null) {
      sweep(parent);
    }
    Files.createDirectory(
        path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    FileChannel lock =
        FileChannel.open(
            path.resolve(LOCK), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    if (lock.tryLock() == null) {
      throw new IOException(path.resolve(LOCK) + " is locked (expected: a folder of our own)");
    }
    return new RunDirectory(path, lock);
  }

  /** The folder. */
  Path path() {
    return path;
  }

  /**
   * The folder for worker sockets: this one, unless a socket's path would be longer than systems
   * take; then one of the same name in {@code /tmp}.
   *
   * @throws IOException if that one can't be made
   */
  RunDirectory forSockets() throws IOException {
    Path longest = path.resolve("w999.sock");
    if (longest.toString().getBytes(StandardCharsets.UTF_8).length <= MAX_SOCKET_PATH_BYTES) {
      return this;
    }
    Path shorter = Path.of("/tmp").resolve(path.getFileName());
    try {
      return made(shorter);
    } catch (IOException e) {
      throw new UnwritableException(
          "folder of worker sockets",
          shorter,
          "/tmp can be written, or the path of the temporary folder, " + path + ", is shorter",
          e);
    }
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
          && (Files.exists(entry.resolve(LOCK), LinkOption.NOFOLLOW_LINKS)
              ? unlocked(entry.resolve(LOCK))
              : ProcessHandle.of(Long.parseLong(pid)).isEmpty());
    } catch (NumberFormatException e) {
      return false;
    }
  }

  private static boolean unlocked(Path file) {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
      return channel.tryLock() != null;
    } catch (IOException | OverlappingFileLockException e) {
      // Not ours to open, or held by another server of this process.
      return false;
    }
  }

  /** Removes the folder and all in it; what can't be removed is named in the log. */
  void remove() {
    try {
      lock.close();
    } catch (IOException e) {
      log.warn("{}: can't be unlocked: {}", path, e.toString());
    }
    delete(path);
  }

  /** Removes a folder and all in it; what can't be removed is named in the log. */
  static void delete(Path root) {
    if (!Files.exists(root, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
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
            public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException e)
                throws IOException {
              Files.deleteIfExists(folder);
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      log.warn("{}: can't be removed as a whole: {}", root, e.toString());
    }
  }
}
