package ai.mariner.core.model;

import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.message.Signature;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * An archive on disk, ready to be served.
 *
 * @param location as it was given
 * @param directory folder with the model's files, the working directory of its workers
 * @param manifest manifest
 * @param overrides options of its {@code model-config.yaml}
 * @param signature the tensors that its {@code model-config.yaml} declares; absent: none
 * @param defaultName name for an archive without one: the file name without its ending
 * @param release gives back what was made for it (the unpacked folder, not the user's own); safe to
 *     call again; never throws
 */
public record ModelArchive(
    String location,
    Path directory,
    Manifest manifest,
    ModelOverrides overrides,
    @Nullable Signature signature,
    String defaultName,
    Runnable release) {
  /** The same archive that gives something else back before. */
  ModelArchive alsoReleasing(Runnable other) {
    return new ModelArchive(
        location,
        directory,
        manifest,
        overrides,
        signature,
        defaultName,
        () -> {
          other.run();
          release.run();
        });
  }
}
