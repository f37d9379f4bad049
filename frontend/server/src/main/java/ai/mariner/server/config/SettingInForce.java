package ai.mariner.server.config;

import ai.mariner.core.config.Profile;
import ai.mariner.core.config.ServerConfig;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What holds for one key, and who said so.
 *
 * @param key name in the configuration file
 * @param value value as text; absent: none
 * @param origin file, option or environment variable that gives it; absent: nobody, it is the
 *     default
 * @param support what setting the key brings about
 * @param doc one line
 */
public record SettingInForce(
    String key, @Nullable String value, @Nullable String origin, Support support, String doc) {
  private static final String HIDDEN = "***";

  /** All keys in the order of the reference page. */
  static List<SettingInForce> all(
      Settings settings, Values values, Profile profile, ServerConfig config) {
    Map<String, String> computed = computed(settings, config);
    return settings.all().stream().map(row -> of(row, values, profile, computed)).toList();
  }

  private static SettingInForce of(
      Setting<?> row, Values values, Profile profile, Map<String, String> computed) {
    String key = row.key();
    boolean given = values.isGiven(key);
    String written = given ? values.text(key) : row.fallback().text(profile);
    String value = computed.getOrDefault(key, written == null ? "" : written);
    boolean secret = given && row.isSecret();
    return new SettingInForce(
        key,
        secret ? HIDDEN : value.isEmpty() ? null : value,
        values.origin(key),
        row.support(),
        row.doc());
  }

  /** Values that the server works out, also from what was given. */
  private static Map<String, String> computed(Settings settings, ServerConfig config) {
    Map<String, String> computed = new HashMap<>();
    computed.put(settings.models.defaultWorkers.key(), text(config.defaults().workers()));
    computed.put(settings.models.numberOfGpu.key(), text(config.worker().gpuCount()));
    computed.put(settings.network.numberOfNettyThreads.key(), text(config.eventLoops()));
    computed.put(settings.network.busyPollMicros.key(), text(config.busyPoll().toNanos() / 1000));
    computed.put(settings.limits.maxInflightBytes.key(), text(config.limits().maxInflightBytes()));
    computed.put(settings.access.enableModelApi.key(), text(config.modelApi()));
    computed.put(settings.process.modelServerHome.key(), text(config.worker().serverHome()));
    return computed;
  }

  private static String text(Object value) {
    return value.toString();
  }
}
