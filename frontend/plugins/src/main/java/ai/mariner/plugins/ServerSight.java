package ai.mariner.plugins;

import ai.mariner.core.message.ModelRef;
import ai.mariner.core.model.Model;
import ai.mariner.core.model.ModelStatus;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * What endpoints may see of the server.
 *
 * @param config the configuration that somebody gave: keys and texts
 * @param models default versions of all models
 * @param workers tells of one version and its workers; the stage completes on any thread
 */
public record ServerSight(
    Map<String, String> config,
    Supplier<List<Model>> models,
    Function<ModelRef, CompletionStage<List<ModelStatus>>> workers) {}
