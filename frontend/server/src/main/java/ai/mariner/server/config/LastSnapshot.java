package ai.mariner.server.config;

import ai.mariner.server.snapshot.SnapshotFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The snapshot that a start without a configuration file restores. */
final class LastSnapshot {
  private final List<Path> paths;

  /**
   * Looks for it.
   *
   * @param folder where snapshots lie; what can't be read has none
   */
  LastSnapshot(Path folder) {
    this.paths = paths(new SnapshotFolder(folder, 1));
  }

  private static List<Path> paths(SnapshotFolder folder) {
    try {
      return folder.names().stream().map(folder::path).toList();
    } catch (IOException e) {
      return List.of();
    }
  }

  /** The newest; absent: there is none. */
  @Nullable Path path() {
    return before(1);
  }

  private @Nullable Path before(int steps) {
    return paths.size() < steps ? null : paths.get(paths.size() - steps);
  }

  /**
   * The same outcome, which says that a snapshot is behind it, and what can be done.
   *
   * @param passedOver the file that would have been read without a snapshot; absent: none
   */
  ConfigOutcome explained(ConfigOutcome outcome, @Nullable String passedOver) {
    if (outcome instanceof ConfigOutcome.Refused refused) {
      Path earlier = before(2);
      List<String> problems = new ArrayList<>(refused.problems());
      problems.add(
          "snapshot "
              + path()
              + ": it can't be restored (expected: "
              + (earlier == null ? "" : "the one before it, with --ts-config " + earlier + "; ")
              + "a configuration file, with --ts-config; or a start without snapshots, with"
              + " --no-config-snapshots)");
      return new ConfigOutcome.Refused(problems, refused.warnings(), refused.settings());
    }
    ConfigOutcome.Loaded loaded = (ConfigOutcome.Loaded) outcome;
    List<String> warnings = new ArrayList<>(loaded.warnings());
    warnings.add(
        "the last snapshot is restored: "
            + path()
            + (passedOver == null ? "" : "; " + passedOver + " is not read")
            + " (--ts-config names another file, --no-config-snapshots starts without)");
    return new ConfigOutcome.Loaded(loaded.config(), warnings, loaded.settings());
  }
}
