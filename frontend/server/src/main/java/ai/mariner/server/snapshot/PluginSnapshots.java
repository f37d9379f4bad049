package ai.mariner.server.snapshot;

import ai.mariner.plugins.SnapshotKeeper;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * Snapshots that a plugin keeps. What it has of former runs is its own affair.
 *
 * @param keeper the plugin
 */
public record PluginSnapshots(SnapshotKeeper keeper) implements SnapshotStore {
  @Override
  public void save(String name, Map<String, String> properties) throws IOException {
    keeper.save(properties);
  }

  @Override
  public List<String> names() {
    return List.of();
  }
}
