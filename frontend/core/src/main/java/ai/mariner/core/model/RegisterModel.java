package ai.mariner.core.model;

import ai.mariner.core.config.ModelOverrides;
import org.jspecify.annotations.Nullable;

/**
 * An order to register a model.
 *
 * @param location name in the store, folder, or address
 * @param modelName registered name; absent: the manifest's
 * @param handler overrides the manifest's
 * @param runtime overrides the manifest's
 * @param initialWorkers workers to start; absent: what the archive or the {@code models} JSON say,
 *     else the server's default for such calls
 * @param overrides options of the request
 * @param completion when the call is answered
 * @param atStart whether the server does this at its own start
 * @param signed whether a request for the archive is signed, as S3 wants it
 */
public record RegisterModel(
    String location,
    @Nullable String modelName,
    @Nullable String handler,
    @Nullable String runtime,
    @Nullable Integer initialWorkers,
    ModelOverrides overrides,
    Completion completion,
    boolean atStart,
    boolean signed) {
  /** An order whose archive can be had without a signature. */
  public RegisterModel(
      String location,
      @Nullable String modelName,
      @Nullable String handler,
      @Nullable String runtime,
      @Nullable Integer initialWorkers,
      ModelOverrides overrides,
      Completion completion,
      boolean atStart) {
    this(
        location,
        modelName,
        handler,
        runtime,
        initialWorkers,
        overrides,
        completion,
        atStart,
        false);
  }
}
