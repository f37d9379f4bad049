package ai.mariner.server;

import ai.mariner.core.config.Profile;
import ai.mariner.core.config.ServerConfig;
import ai.mariner.plugins.PluginException;
import ai.mariner.plugins.Plugins;
import ai.mariner.plugins.SnapshotKeeper;
import ai.mariner.server.config.CommandLine;
import ai.mariner.server.config.PropertiesFile;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Loads plugins once: before the configuration if one of them may keep it, else when that says
 * where they are.
 */
final class StartPlugins {
  private final Path folder;
  private @Nullable Plugins loaded;

  /**
   * Nothing is loaded yet.
   *
   * @param folder working directory
   */
  StartPlugins(Path folder) {
    this.folder = folder;
  }

  /**
   * The snapshot that a plugin of the command line kept last.
   *
   * @return absent: no plugin keeps any, or the start restores none
   * @throws PluginException if a plugin can't be used
   */
  @Nullable PropertiesFile kept(Profile profile, CommandLine commandLine) throws PluginException {
    String path = commandLine.pluginsPath();
    if (path == null || !profile.snapshots() || commandLine.noSnapshots()) {
      return null;
    }
    Plugins plugins = Plugins.load(path, folder);
    loaded = plugins;
    if (plugins.serializer() == null) {
      return null;
    }
    SnapshotKeeper keeper = new SnapshotKeeper(plugins.serializer());
    Map<String, String> last = keeper.last();
    return last == null
        ? null
        : new PropertiesFile(Path.of("the last snapshot of " + keeper.named()), last, List.of());
  }

  /**
   * The plugins that a configuration names.
   *
   * @throws PluginException if one of them can't be used
   */
  Plugins of(ServerConfig config) throws PluginException {
    Plugins early = loaded;
    if (early != null) {
      return early;
    }
    String path = config.plugins().path();
    return path == null ? Plugins.NONE : Plugins.load(path, folder);
  }
}
