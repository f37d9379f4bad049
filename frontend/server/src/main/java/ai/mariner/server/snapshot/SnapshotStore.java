package ai.mariner.server.snapshot;

import java.io.IOException;
import java.util.List;
import java.util.Map;

/** Where snapshots lie. Calls block and are made one after the other. */
public interface SnapshotStore {
  /**
   * Keeps a snapshot: wholly, or not at all.
   *
   * @param name name that sorts behind those of all earlier ones
   * @param properties keys and texts
   */
  void save(String name, Map<String, String> properties) throws IOException;

  /** Names of all snapshots, oldest first. */
  List<String> names() throws IOException;
}
