package ai.mariner.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The run folder of a command that became this process, as {@code start --foreground} does: nobody
 * else is left to remove it. What it holds is written by the commands, see {@code
 * ts/_cli/runfolder.py}, and by {@link ai.mariner.server.state.StateFile}.
 */
final class CommandFolder {
  private static final Logger log = LoggerFactory.getLogger(CommandFolder.class);

  /** The pid comes last: as long as it is there, another start finds that this server lives. */
  private static final List<String> NAMES =
      List.of("console.log", "state.json.new", "state.json", "server.pid");

  private final Path path;

  CommandFolder(Path path) {
    this.path = path;
  }

  /** Removes it, unless there is more in it than the commands keep there. */
  void remove() {
    try {
      for (String name : NAMES) {
        Files.deleteIfExists(path.resolve(name));
      }
      Files.deleteIfExists(path);
    } catch (IOException e) {
      log.warn("run folder {} can't be removed: {}", path, e.toString());
    }
  }
}
