package ai.mariner.core.model;

import ai.mariner.core.message.ModelKey;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.message.Signature;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * What the APIs ask of models. No call blocks; stages fail with a {@link
 * ai.mariner.core.error.ServeException} and complete on any thread.
 */
public interface ModelCalls {
  /**
   * Registers a model.
   *
   * @return the result; when it fails, nothing of the model is left
   */
  CompletionStage<RegisterResult> register(RegisterModel order);

  /** Changes the number of workers. */
  CompletionStage<ScaleResult> scale(ScaleModel order);

  /**
   * Removes a model version: it is gone for new requests at once, accepted ones are finished first.
   *
   * @return what was removed
   */
  CompletionStage<ModelKey> unregister(ModelRef ref);

  /**
   * Replaces the default version of a model; requests without a version are served throughout.
   *
   * @return what was done; when it fails, the reason says at which step, the old version is as it
   *     was and nothing of the new one is left
   */
  CompletionStage<SwapResult> swap(SwapModel order);

  /**
   * Makes a version the default of its model.
   *
   * @throws ai.mariner.core.error.ServeException if there is no such version
   */
  void setDefault(ModelKey key);

  /**
   * A page of the model list.
   *
   * @param limit most rows, at least 1
   * @param offset rows to skip, at least 0
   */
  ModelPage list(int limit, int offset);

  /** Name of the only model that there is; {@code null}: there is none, or several. Cheap. */
  @Nullable String onlyModel();

  /**
   * Name of the model whose default version came from a location; the first of several.
   *
   * @param location as it was given at registration
   * @return {@code null}: there is none
   */
  @Nullable String modelAt(String location);

  /**
   * The tensors that a model declares. Cheap.
   *
   * @return {@code null}: it declares none, or there is no such model
   */
  @Nullable Signature signature(ModelRef ref);

  /**
   * JSON object of what the workers of a model say of it: its tensors, if its file tells them.
   * Cheap.
   *
   * @return {@code null}: nothing so far, or there is no such model
   */
  @Nullable String declares(ModelRef ref);

  /**
   * What models have done. Cheap.
   *
   * @param ref without a version: all versions of the model; absent: of all models
   * @return sorted by name and version
   * @throws ai.mariner.core.error.ServeException MODEL_NOT_FOUND or MODEL_VERSION_NOT_FOUND
   */
  List<ModelStatistics> statistics(@Nullable ModelRef ref);

  /** The state of one version; one element. */
  CompletionStage<List<ModelStatus>> describe(ModelRef ref);

  /** The state of all versions of a model. */
  CompletionStage<List<ModelStatus>> describeAll(String name);

  /**
   * Whether requests would be served: default versions with all the workers they want, and no
   * start-up model missing.
   */
  Health health();

  /**
   * Whether requests for one model would be served.
   *
   * @param ref without a version: its default version
   * @throws ai.mariner.core.error.ServeException MODEL_NOT_FOUND or MODEL_VERSION_NOT_FOUND
   */
  Health health(ModelRef ref);
}
