package ai.mariner.server.config;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The configuration as it stands in snapshots. */
final class SnapshotProperties {
  private SnapshotProperties() {}

  /**
   * What was given for each key, whoever gave it. Left out: the models, which a snapshot has in a
   * form of its own, what only another server's snapshots say of it, and secrets that come from the
   * environment, which has them at the next start too.
   */
  static Map<String, String> of(Settings settings, Values values) {
    List<String> models =
        List.of(settings.models.loadModels.key(), settings.models.modelSnapshot.key());
    Map<String, String> properties = new TreeMap<>();
    for (Setting<?> setting : settings.all()) {
      String key = setting.key();
      boolean foreign =
          setting.support() == Support.ACCEPTED && setting.section() == Section.PROCESS;
      if (values.isGiven(key) && !models.contains(key) && (!foreign || key.equals("vmargs"))) {
        String text = setting.isSecret() ? values.written(key) : values.text(key);
        if (text != null) {
          properties.put(key, text);
        }
      }
    }
    return Collections.unmodifiableMap(properties);
  }
}
