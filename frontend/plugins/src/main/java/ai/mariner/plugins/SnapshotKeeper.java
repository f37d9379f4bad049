package ai.mariner.plugins;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import java.io.IOException;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.pytorch.serve.servingsdk.snapshot.Snapshot;
import org.pytorch.serve.servingsdk.snapshot.SnapshotSerializer;

/** Snapshots that a plugin keeps. Calls block and are made one after the other. */
public final class SnapshotKeeper {
  private static final String MODELS = "model_snapshot";

  private final Offer<SnapshotSerializer> offer;
  private final Gson gson = new Gson();

  /** Makes a keeper over a plugin. */
  public SnapshotKeeper(Offer<SnapshotSerializer> offer) {
    this.offer = offer;
  }

  /** Class and jar, for messages. */
  public String named() {
    return offer.named();
  }

  /**
   * Keeps a snapshot.
   *
   * @param properties keys and texts, {@code model_snapshot} among them
   * @throws IOException if the plugin fails in any way
   */
  public void save(Map<String, String> properties) throws IOException {
    Properties config = new Properties();
    config.putAll(properties);
    config.remove(MODELS);
    try {
      JsonObject json = gson.fromJson(properties.get(MODELS), JsonObject.class);
      offer.object().saveSnapshot(gson.fromJson(json, Snapshot.class), config);
    } catch (IOException | RuntimeException | LinkageError e) {
      throw new IOException(named() + " threw " + e, e);
    }
  }

  /**
   * What was kept last, as a configuration file would have it.
   *
   * @return absent: there is nothing
   * @throws PluginException if the plugin fails in any way
   */
  public @Nullable Map<String, String> last() throws PluginException {
    try {
      Properties kept = offer.object().getLastSnapshot();
      return kept == null ? null : texts(kept);
    } catch (IOException | RuntimeException | LinkageError e) {
      throw new PluginException(
          named()
              + ": the last snapshot can't be read: "
              + e
              + " (expected: its configuration; --no-config-snapshots starts without)",
          e);
    }
  }

  private Map<String, String> texts(Properties kept) throws IOException {
    Map<String, String> texts = new TreeMap<>();
    for (String key : kept.stringPropertyNames()) {
      texts.put(key, kept.getProperty(key));
    }
    String models = texts.get(MODELS);
    if (models != null) {
      Snapshot snapshot = offer.object().getSnapshot(models);
      if (snapshot == null) {
        throw new JsonParseException("no snapshot for " + MODELS + ": " + models);
      }
      texts.put(MODELS, gson.toJson(snapshot));
    }
    return texts;
  }
}
