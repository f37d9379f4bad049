package ai.mariner.archive;

import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.Profile;
import ai.mariner.core.message.Signature;
import ai.mariner.core.model.Manifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads what the frontend needs from an unpacked archive. */
final class ContentsReader {
  private static final Logger LOG = LoggerFactory.getLogger(ContentsReader.class);

  private final ManifestReader manifests = new ManifestReader();
  private final ModelYamlReader options;

  ContentsReader(Profile profile) {
    this.options = new ModelYamlReader(profile);
  }

  /**
   * What an archive says.
   *
   * @param manifest manifest
   * @param overrides options of its {@code model-config.yaml}
   * @param signature tensors that are declared there; absent: none
   */
  record Contents(Manifest manifest, ModelOverrides overrides, @Nullable Signature signature) {}

  /**
   * Reads a folder.
   *
   * @throws ai.mariner.core.error.ServeException when its manifest or options are malformed
   */
  Contents read(Path folder) {
    ManifestFile file = manifests.read(folder);
    String configFile = file.configFile();
    if (configFile == null) {
      return new Contents(file.manifest(), ModelOverrides.NONE, null);
    }
    String label = Refusals.shown(configFile);
    Path path = folder.resolve(configFile);
    if (!Files.isRegularFile(path) || !liesWithin(folder, path)) {
      throw Refusals.invalid(
          "MAR-INF/MANIFEST.json: model.configFile: "
              + label
              + " (expected: a file of the archive)");
    }
    ModelYamlReader.Result result = options.read(SmallFile.text(path, label), label);
    result.warnings().forEach(LOG::warn);
    return new Contents(file.manifest(), result.overrides(), result.signature());
  }

  /** With links followed: those of a mounted volume stay within the folder, others may not. */
  static boolean liesWithin(Path folder, Path path) {
    try {
      return path.toRealPath().startsWith(folder.toRealPath());
    } catch (IOException e) {
      return false;
    }
  }
}
