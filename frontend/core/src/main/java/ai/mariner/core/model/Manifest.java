package ai.mariner.core.model;

import org.jspecify.annotations.Nullable;

/**
 * What the frontend reads from an archive's {@code MAR-INF/MANIFEST.json}; the worker reads the
 * rest itself.
 *
 * @param modelName name; absent when there is no manifest
 * @param modelVersion version, {@code 1.0} when there is none
 * @param handler handler; absent: the server's default handler
 * @param runtime {@code python} or {@code python3}
 * @param envelope request envelope
 * @param requirementsFile path within the archive of what to install; absent: nothing
 */
public record Manifest(
    @Nullable String modelName,
    String modelVersion,
    @Nullable String handler,
    String runtime,
    @Nullable String envelope,
    @Nullable String requirementsFile) {
  /** A manifest that asks for no packages. */
  public Manifest(
      @Nullable String modelName,
      String modelVersion,
      @Nullable String handler,
      String runtime,
      @Nullable String envelope) {
    this(modelName, modelVersion, handler, runtime, envelope, null);
  }
}
