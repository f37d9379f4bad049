package ai.mariner.rest;

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
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * What the adapter asks of the model service; each entry is the method of that name.
 *
 * @param register registers a model
 * @param scale changes the number of workers
 * @param unregister removes a model version
 * @param swap replaces the default version of a model
 * @param setDefault makes a version the default; throws {@code ServeException}
 * @param list a page of models, by limit (1 to 1000) and offset
 * @param describe one model version
 * @param describeAll all versions of a model
 * @param health whether requests would be served
 * @param healthOf the same for one model; throws {@code ServeException} if there is none
 */
public record ModelCalls(
    Function<RegisterModel, CompletionStage<RegisterResult>> register,
    Function<ScaleModel, CompletionStage<ScaleResult>> scale,
    Function<ModelRef, CompletionStage<ModelKey>> unregister,
    Function<SwapModel, CompletionStage<SwapResult>> swap,
    Consumer<ModelKey> setDefault,
    BiFunction<Integer, Integer, ModelPage> list,
    Function<ModelRef, CompletionStage<List<ModelStatus>>> describe,
    Function<String, CompletionStage<List<ModelStatus>>> describeAll,
    Supplier<Health> health,
    Function<ModelRef, Health> healthOf) {
  /** The calls of the service. */
  public static ModelCalls of(ModelService service) {
    return new ModelCalls(
        service::register,
        service::scale,
        service::unregister,
        service::swap,
        service::setDefault,
        service::list,
        service::describe,
        service::describeAll,
        service::health,
        service::health);
  }
}
