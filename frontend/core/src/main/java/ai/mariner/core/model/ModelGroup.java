package ai.mariner.core.model;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.graph.Graph;
import ai.mariner.core.graph.GraphNode;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.message.ModelRef;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Registers models that stand and fall together: all of them, or none. */
final class ModelGroup {
  /** Between the name of a workflow or application and that of its part. */
  private static final String BETWEEN = "__";

  private static final Logger log = LoggerFactory.getLogger(ModelGroup.class);

  private final ModelService models;
  private final ModelRegistry registry;

  ModelGroup(ModelService models, ModelRegistry registry) {
    this.models = models;
    this.registry = registry;
  }

  /** What the model of a part is called. */
  static String modelName(String owner, String part) {
    return owner + BETWEEN + part;
  }

  /**
   * Registers them and waits for them as their orders say.
   *
   * @param what what they make together, in messages
   * @return fails with the first reason, when none of them is left
   */
  CompletionStage<Void> register(String what, List<FetchedModel> members) {
    List<CompletableFuture<ModelKey>> registered = new ArrayList<>();
    for (FetchedModel member : members) {
      registered.add(
          models.register(member).thenApply(RegisterResult::model).toCompletableFuture());
    }
    return CompletableFuture.allOf(registered.toArray(CompletableFuture<?>[]::new))
        .<@Nullable Throwable>handle((nothing, thrown) -> thrown)
        .thenCompose(
            thrown ->
                thrown == null
                    ? CompletableFuture.<Void>completedStage(null)
                    : undo(what, registered));
  }

  private CompletionStage<Void> undo(String what, List<CompletableFuture<ModelKey>> registered) {
    Throwable first = null;
    List<ModelRef> there = new ArrayList<>();
    for (CompletableFuture<ModelKey> member : registered) {
      Throwable reason = member.<@Nullable Throwable>handle((key, thrown) -> thrown).join();
      if (reason == null) {
        there.add(member.join().ref());
      } else if (first == null) {
        first = reason;
      }
    }
    Failure failure =
        first == null
            ? Failure.of(ErrorKind.INTERNAL, what + " could not be registered.")
            : ServeException.failureOf(first);
    return remove(there)
        .thenCompose(nothing -> CompletableFuture.failedStage(failure.toException()));
  }

  /** Removes them; those that were removed before are passed by. */
  CompletionStage<Void> remove(List<ModelRef> members) {
    List<CompletableFuture<?>> removals = new ArrayList<>();
    for (ModelRef member : members) {
      removals.add(remove(member));
    }
    return CompletableFuture.allOf(removals.toArray(CompletableFuture<?>[]::new));
  }

  private CompletableFuture<?> remove(ModelRef member) {
    return models
        .unregister(member)
        .handle(
            (key, thrown) -> {
              if (thrown != null
                  && ServeException.failureOf(thrown).kind() != ErrorKind.MODEL_NOT_FOUND) {
                log.error("model {} could not be removed", member.name(), thrown);
              }
              return member;
            })
        .toCompletableFuture();
  }

  /** As many requests as all queues of a graph's nodes would hold. */
  int capacity(Graph graph) {
    long sum = 0;
    for (GraphNode node : graph.nodes()) {
      Model model = registry.find(node.program());
      // One that was removed right after its registration counts for nothing.
      sum += model == null ? 1 : model.spec().jobQueueSize();
    }
    return (int) Math.min(sum, Integer.MAX_VALUE);
  }

  /** Whether all of them would serve, maybe with fewer workers than they should have. */
  boolean ready(List<ModelRef> members) {
    for (ModelRef member : members) {
      Model model = registry.find(member);
      if (model == null || !model.pool().readiness().serves()) {
        return false;
      }
    }
    return true;
  }
}
