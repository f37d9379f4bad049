package ai.mariner.worker.install;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A folder of environments, which several servers may share. An environment can't be moved once it
 * is made (its programs name their own path), so it is made where it stays, and counts only when
 * its marker has been renamed into place.
 *
 * <p>Who uses an environment holds a shared lock on its byte of one file, who makes or removes it
 * an exclusive one; the kernel gives up those of a server that was killed. Thread-safe.
 */
final class EnvironmentCache implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(EnvironmentCache.class);
  private static final String MARKER = "complete";
  private static final Pattern NAME = Pattern.compile("[0-9a-f]{32}");
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rwx------");

  private final Path folder;
  private final FileChannel locks;
  private final Map<String, Use> uses = new HashMap<>();

  private EnvironmentCache(Path folder, FileChannel locks) {
    this.folder = folder;
    this.locks = locks;
  }

  /** How this server uses an environment. */
  private static final class Use {
    private final FileLock lock;
    private int users = 1;

    Use(FileLock lock) {
      this.lock = lock;
    }
  }

  /**
   * Opens a cache; makes the folder if it is not there.
   *
   * @throws IOException if the folder can't be used, or others could write to it
   */
  static EnvironmentCache open(Path folder) throws IOException {
    Path parent = folder.getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    if (!Files.isDirectory(folder)) {
      Files.createDirectory(folder, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
    }
    String owner = Files.getOwner(folder).getName();
    Set<PosixFilePermission> allowed = Files.getPosixFilePermissions(folder);
    if (allowed.contains(PosixFilePermission.GROUP_WRITE)
        || allowed.contains(PosixFilePermission.OTHERS_WRITE)
        || !Files.isWritable(folder)) {
      throw new IOException(
          folder
              + " belongs to "
              + owner
              + " with "
              + PosixFilePermissions.toString(allowed)
              + " (expected: a folder that the server's user may write to, and nobody else)");
    }
    return new EnvironmentCache(
        folder,
        FileChannel.open(
            folder.resolve("locks"),
            StandardOpenOption.CREATE,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE));
  }

  /** Where an environment is, or is to be made. */
  Path folder(String key) {
    return folder.resolve(key);
  }

  /** Whether an environment is whole; holders of a lock ask. */
  boolean isComplete(String key) {
    return Files.isRegularFile(folder(key).resolve(MARKER));
  }

  /**
   * Begins to use an environment, to make it, or to remove it.
   *
   * @param shared whether others may use it, too
   * @return false: others do what can't go together with this
   */
  synchronized boolean enter(String key, boolean shared) throws IOException {
    Use use = uses.get(key);
    if (use != null) {
      boolean together = shared && use.lock.isShared();
      use.users += together ? 1 : 0;
      return together;
    }
    FileLock lock = locks.tryLock(Long.parseUnsignedLong(key.substring(0, 15), 16), 1, shared);
    if (lock == null) {
      return false;
    }
    uses.put(key, new Use(lock));
    return true;
  }

  /** Ends what was begun. */
  synchronized void leave(String key) {
    Use use = uses.get(key);
    if (use == null || --use.users > 0) {
      return;
    }
    uses.remove(key);
    try {
      if (locks.isOpen()) {
        use.lock.release();
      }
    } catch (IOException e) {
      log.warn("{}: can't be unlocked: {}", folder(key), e.toString());
    }
  }

  /** Says that an environment is whole. */
  void complete(String key) throws IOException {
    Path marker = folder(key).resolve(MARKER);
    Path staging = folder(key).resolve(MARKER + ".part");
    Files.writeString(staging, Long.toString(bytesBelow(folder(key))), StandardCharsets.UTF_8);
    Files.move(staging, marker, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Says that an environment is used now. */
  void touch(String key) throws IOException {
    Files.setLastModifiedTime(folder(key).resolve(MARKER), FileTime.from(Instant.now()));
  }

  /** What is known of an environment that is there. */
  private record Entry(String key, long bytes, FileTime used) {}

  /** Removes what nobody uses: what is not whole, and the longest unused of what is too much. */
  void prune(long mostBytes) {
    List<Entry> entries = new ArrayList<>();
    try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, Files::isDirectory)) {
      for (Path path : found) {
        String name = String.valueOf(path.getFileName());
        Entry entry = NAME.matcher(name).matches() ? entry(name) : null;
        if (entry != null) {
          entries.add(entry);
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      log.warn("{}: can't be listed, so nothing is removed: {}", folder, e.toString());
    }
    entries.sort(Comparator.comparing(Entry::used));
    long sum = entries.stream().mapToLong(Entry::bytes).sum();
    for (Entry entry : entries) {
      if ((sum > mostBytes || entry.bytes() == 0) && removed(entry.key())) {
        sum -= entry.bytes();
      }
    }
  }

  private @Nullable Entry entry(String key) {
    Path marker = folder(key).resolve(MARKER);
    try {
      if (!isComplete(key)) {
        return new Entry(key, 0, FileTime.fromMillis(0));
      }
      long bytes = Math.max(1, Long.parseLong(Files.readString(marker).strip()));
      return new Entry(key, bytes, Files.getLastModifiedTime(marker));
    } catch (IOException | NumberFormatException e) {
      // Another server is about to remove it, or somebody has changed it.
      return null;
    }
  }

  private boolean removed(String key) {
    try {
      if (!enter(key, false)) {
        return false;
      }
      try {
        log.info("removing {}, which no model uses", folder(key));
        remove(key);
      } finally {
        leave(key);
      }
      return true;
    } catch (IOException e) {
      log.warn("{}: can't be removed: {}", folder(key), e.toString());
      return false;
    }
  }

  /** Removes an environment, whole or not; its marker first. */
  void remove(String key) throws IOException {
    Files.deleteIfExists(folder(key).resolve(MARKER));
    Removal.of(folder(key));
  }

  private static long bytesBelow(Path root) throws IOException {
    long[] sum = {0};
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            sum[0] += attributes.isSymbolicLink() ? 0 : attributes.size();
            return FileVisitResult.CONTINUE;
          }
        });
    return sum[0];
  }

  /** Gives up all locks. */
  @Override
  public synchronized void close() throws IOException {
    uses.clear();
    locks.close();
  }
}
