package ai.mariner.core.model;

import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.ProgramOptions;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.message.NameRule;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The name that a model is registered under: that of the order; else, for an order of the start,
 * that of the {@code models} JSON; else that of the manifest; else, at the start, that of the file.
 */
final class ModelNaming {
  private final Map<ModelKey, ModelOverrides> configured;

  /** Names with this {@code models} JSON. */
  ModelNaming(Map<ModelKey, ModelOverrides> configured) {
    this.configured = configured;
  }

  /**
   * Checks the name of an order, which may have none.
   *
   * @throws ServeException if no model may have it
   */
  static void check(@Nullable String name) {
    if (name != null && !NameRule.allows(name)) {
      throw new ServeException(
          ErrorKind.BAD_REQUEST,
          "model_name: " + NameRule.shown(name) + " (expected: " + NameRule.EXPECTED + ")");
    }
  }

  /**
   * The name of a model.
   *
   * @throws ServeException if nothing names it
   */
  String name(RegisterModel order, ModelArchive archive) {
    if (order.modelName() != null) {
      return order.modelName();
    }
    String inConfiguration = order.atStart() ? nameOf(fileName(order.location())) : null;
    if (inConfiguration != null) {
      return inConfiguration;
    }
    String inManifest = archive.manifest().modelName();
    if (inManifest != null) {
      return inManifest;
    }
    if (order.atStart()) {
      return archive.defaultName();
    }
    throw new ServeException(
        ErrorKind.ARCHIVE_INVALID,
        "Model name is not defined. (expected: model.modelName in the archive's"
            + " MAR-INF/MANIFEST.json, or the parameter model_name)");
  }

  /** The name that the {@code models} JSON has for an archive. */
  private @Nullable String nameOf(String file) {
    for (Map.Entry<ModelKey, ModelOverrides> entry : configured.entrySet()) {
      if (file.equals(entry.getValue().get(ProgramOptions.MAR_NAME))) {
        return entry.getKey().name();
      }
    }
    return null;
  }

  /** The last part of a path or address. */
  static String fileName(String location) {
    String path = location.replaceFirst("[?#].*", "").replaceFirst("/+$", "");
    return path.substring(path.lastIndexOf('/') + 1);
  }
}
