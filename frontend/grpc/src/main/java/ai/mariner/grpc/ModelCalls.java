package ai.mariner.grpc;

import ai.mariner.core.message.ModelKey;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.model.Health;
import ai.mariner.core.model.ModelPage;
import ai.mariner.core.model.ModelService;
import ai.mariner.core.model.ModelStatus;
import ai.mariner.core.model.RegisterModel;
import ai.mariner.core.model.RegisterResult;
import ai.mariner.core.model.ScaleModel;
import ai.mariner.core.model.ScaleResult;
import ai.mariner.core.model.SwapModel;
import ai.mariner.core.model.SwapResult;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * What can be done with registered models, as this module needs it. No call blocks; stages fail
 * with a {@link ai.mariner.core.error.ServeException} and complete on any thread.
 */
public interface ModelCalls {
  /** Registers a model. */
  CompletionStage<RegisterResult> register(RegisterModel order);

  /** Changes the number of workers. */
  CompletionStage<ScaleResult> scale(ScaleModel order);

  /** Removes a model version. */
  CompletionStage<ModelKey> unregister(ModelRef model);

  /**
   * Makes a version the default one.
   *
   * @throws ai.mariner.core.error.ServeException if there is no such model or version
   */
  void setDefault(ModelKey key);

  /** A page of the list of models; {@code limit} is 1 or more, {@code offset} 0 or more. */
  ModelPage list(int limit, int offset);

  /** The status of one version, in a list of one. */
  CompletionStage<List<ModelStatus>> describe(ModelRef model);

  /** The status of all versions of a model. */
  CompletionStage<List<ModelStatus>> describeAll(String name);

  /** Replaces the default version of a model. */
  CompletionStage<SwapResult> swap(SwapModel order);

  /** Whether requests would be served. */
  Health health();

  /**
   * Whether requests for one model would be served.
   *
   * @throws ai.mariner.core.error.ServeException if there is no such model or version
   */
  Health health(ModelRef model);

  /** The calls of the server's own service. */
  static ModelCalls of(ModelService service) {
    return new ModelCalls() {
      @Override
      public CompletionStage<RegisterResult> register(RegisterModel order) {
        return service.register(order);
      }

      @Override
      public CompletionStage<ScaleResult> scale(ScaleModel order) {
        return service.scale(order);
      }

      @Override
      public CompletionStage<ModelKey> unregister(ModelRef model) {
        return service.unregister(model);
      }

      @Override
      public void setDefault(ModelKey key) {
        service.setDefault(key);
      }

      @Override
      public ModelPage list(int limit, int offset) {
        return service.list(limit, offset);
      }

      @Override
      public CompletionStage<List<ModelStatus>> describe(ModelRef model) {
        return service.describe(model);
      }

      @Override
      public CompletionStage<List<ModelStatus>> describeAll(String name) {
        return service.describeAll(name);
      }

      @Override
      public CompletionStage<SwapResult> swap(SwapModel order) {
        return service.swap(order);
      }

      @Override
      public Health health() {
        return service.health();
      }

      @Override
      public Health health(ModelRef model) {
        return service.health(model);
      }
    };
  }
}
