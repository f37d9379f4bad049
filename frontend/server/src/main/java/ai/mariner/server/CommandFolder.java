package ai.mariner.server;

import ai.mariner.server.config.CommandLine;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The run folder of a command that became this process, as {@code start --foreground} does, or that
 * was killed while it waited for this process, as {@code serve} may be: nobody else is left to
 * remove it. What it holds is written by the commands, see {@code ts/_cli/runfolder.py}, and by
 * {@link ai.mariner.server.state.StateFile}.
 */
final class CommandFolder {
  private static final Logger log = LoggerFactory.getLogger(CommandFolder.class);

  /** The pid comes last: as long as it is there, another start finds that this server lives. */
  private static final List<String> NAMES =
      List.of("console.log", "state.json.new", "state.json", "server.pid");

  private static final Set<PosixFilePermission> PRIVATE =
      PosixFilePermissions.fromString("rwx------");

  private final Path path;
  private final @Nullable Long parent;
  private final @Nullable Path scratch;

  /**
   * Makes one.
   *
   * @param path the folder
   * @param parent process that removes it as long as it lives; absent: none
   * @param scratch folder of the same command, which goes with it, whatever it holds; absent: none
   */
  CommandFolder(Path path, @Nullable Long parent, @Nullable Path scratch) {
    this.path = path;
    this.parent = parent;
    this.scratch = scratch;
  }

  /** The folder that is this process's to remove, if its command lets it. */
  static @Nullable CommandFolder of(CommandLine line) {
    Path path = line.runFolder();
    return path == null ? null : new CommandFolder(path, line.parent(), line.scratch());
  }

  /**
   * Removes it, unless there is more in it than the commands keep there; then the user's folder for
   * run folders, if it was the last one. A start that makes its own there at this moment either
   * keeps that folder from going, or makes it anew.
   */
  void remove() {
    if (parent != null && isParent(parent)) {
      return;
    }
    if (scratch != null) {
      RunDirectory.delete(scratch);
    }
    try {
      Path root = path.getParent();
      boolean ours = root != null && holdsRunFolders(root);
      for (String name : NAMES) {
        Files.deleteIfExists(path.resolve(name));
      }
      Files.deleteIfExists(path);
      if (root != null && ours) {
        removeIfEmpty(root);
      }
    } catch (IOException e) {
      log.warn("run folder {} can't be removed: {}", path, e.toString());
    }
  }

  /** Whether it still is: the children of a process that ended get another one. */
  private static boolean isParent(long pid) {
    return ProcessHandle.current().parent().map(found -> found.pid() == pid).orElse(false);
  }

  /**
   * Whether it is the commands' own {@code mariner-UID}: private, and of the run folder's owner.
   */
  private boolean holdsRunFolders(Path root) throws IOException {
    Path name = root.getFileName();
    if (name == null || !Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
      return false;
    }
    Object owner = Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS);
    return name.toString().equals("mariner-" + owner)
        && Files.isDirectory(root, LinkOption.NOFOLLOW_LINKS)
        && owner.equals(Files.getAttribute(root, "unix:uid", LinkOption.NOFOLLOW_LINKS))
        && Files.getPosixFilePermissions(root, LinkOption.NOFOLLOW_LINKS).equals(PRIVATE);
  }

  private static void removeIfEmpty(Path folder) throws IOException {
    try {
      Files.deleteIfExists(folder);
    } catch (DirectoryNotEmptyException e) {
      // Another server of the user keeps its run folder there.
      log.debug("{} is not empty", folder);
    }
  }
}
