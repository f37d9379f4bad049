package ai.mariner.core.model;

import ai.mariner.core.config.CrewOptions;
import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.ProgramOptions;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.graph.Graph;
import ai.mariner.core.graph.GraphNode;
import ai.mariner.core.graph.GraphPool;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.time.Loop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes a graph of an archive: registers its nodes, or undoes all of it when one fails. */
final class WorkflowAssembly {
  private static final Logger log = LoggerFactory.getLogger(WorkflowAssembly.class);
  private static final String BETWEEN = "__";
  private static final String VERSION = "1.0";

  private final Registration registration;
  private final ModelService models;
  private final ModelRegistry registry;
  private final GraphPool.Shared shared;

  WorkflowAssembly(
      Registration registration,
      ModelService models,
      ModelRegistry registry,
      GraphPool.Shared shared) {
    this.registration = registration;
    this.models = models;
    this.registry = registry;
    this.shared = shared;
  }

  /**
   * Registers all nodes of a workflow and waits for their workers.
   *
   * @return fails with the first reason, when none of its nodes is left
   */
  CompletionStage<GraphPool> assemble(
      String name, RegisterWorkflow order, WorkflowArchive archive) {
    Loop loop = registration.nextLoop();
    Graph graph;
    List<Registration.Fetched> fetched = new ArrayList<>();
    try {
      graph = graph(name, archive.spec());
      for (WorkflowSpec.Step step : archive.spec().steps()) {
        fetched.add(node(name, order, archive, step).on(loop));
      }
    } catch (RuntimeException e) {
      fetched.forEach(node -> node.archive().release().run());
      return CompletableFuture.failedStage(e);
    }
    List<CompletableFuture<ModelKey>> registered = new ArrayList<>();
    for (Registration.Fetched node : fetched) {
      registered.add(models.register(node).thenApply(RegisterResult::model).toCompletableFuture());
    }
    return CompletableFuture.allOf(registered.toArray(CompletableFuture<?>[]::new))
        .handle((nothing, thrown) -> thrown)
        .thenCompose(
            thrown ->
                thrown == null
                    ? CompletableFuture.completedStage(
                        new GraphPool(name, graph, capacity(graph), loop, shared))
                    : undo(name, registered));
  }

  private static Graph graph(String name, WorkflowSpec spec) {
    List<GraphNode> nodes = new ArrayList<>();
    for (WorkflowSpec.Step step : spec.steps()) {
      ModelRef program = ModelRef.of(modelName(name, step));
      nodes.add(new GraphNode(step.name(), program, step.inputs(), step.retries(), step.timeout()));
    }
    return new Graph(nodes);
  }

  private static String modelName(String workflow, WorkflowSpec.Step step) {
    return workflow + BETWEEN + step.name();
  }

  private Registration.Fetched node(
      String workflow, RegisterWorkflow order, WorkflowArchive archive, WorkflowSpec.Step step) {
    String url = step.url();
    ModelArchive files = archive.files();
    RegisterModel model =
        new RegisterModel(
            url == null ? files.location() : url,
            modelName(workflow, step),
            null,
            null,
            null,
            options(order, step),
            Completion.READY,
            false);
    if (url != null) {
      return registration.fetch(model);
    }
    String handler = archive.handler();
    if (handler == null) {
      throw new ServeException(
          ErrorKind.ARCHIVE_INVALID,
          "Node "
              + step.name()
              + " is not one of the workflow's models and it has no handler file (expected: a model"
              + " with a url, or a handler with a function of that name)");
    }
    // The files are the workflow's, which gives them back.
    Manifest manifest =
        new Manifest(model.modelName(), VERSION, handler + ':' + step.name(), "python", null);
    ModelArchive functions =
        new ModelArchive(
            files.location(),
            files.directory(),
            manifest,
            ModelOverrides.NONE,
            null,
            files.defaultName(),
            () -> {});
    return new Registration.Fetched(
        model, functions, new ModelKey(modelName(workflow, step), VERSION));
  }

  private static ModelOverrides options(RegisterWorkflow order, WorkflowSpec.Step step) {
    ModelOverrides own = step.options();
    return ModelOverrides.builder()
        .workers(own.get(CrewOptions.MIN_WORKERS), own.get(CrewOptions.MAX_WORKERS))
        .batchSize(own.get(ProgramOptions.BATCH_SIZE))
        .maxBatchDelay(own.get(ProgramOptions.MAX_BATCH_DELAY))
        .responseTimeout(order.responseTimeout())
        .startupTimeout(order.startupTimeout())
        .build();
  }

  /** As many requests as all queues of the nodes would hold. */
  private int capacity(Graph graph) {
    long sum = 0;
    for (GraphNode node : graph.nodes()) {
      Model model = registry.find(node.program());
      // One that was removed right after its registration counts for nothing.
      sum += model == null ? 1 : model.spec().jobQueueSize();
    }
    return (int) Math.min(sum, Integer.MAX_VALUE);
  }

  private CompletionStage<GraphPool> undo(
      String name, List<CompletableFuture<ModelKey>> registered) {
    Throwable first = null;
    List<CompletableFuture<?>> removals = new ArrayList<>();
    for (CompletableFuture<ModelKey> node : registered) {
      Throwable reason = node.<@Nullable Throwable>handle((key, thrown) -> thrown).join();
      if (reason == null) {
        removals.add(remove(node.join().ref()));
      } else if (first == null) {
        first = reason;
      }
    }
    Failure failure =
        first == null
            ? Failure.of(ErrorKind.INTERNAL, "Workflow " + name + " could not be registered.")
            : ServeException.failureOf(first);
    return CompletableFuture.allOf(removals.toArray(CompletableFuture<?>[]::new))
        .thenCompose(nothing -> CompletableFuture.failedStage(failure.toException()));
  }

  /** Removes the nodes of a workflow that is gone; those that were removed before are passed by. */
  CompletionStage<Void> removeNodes(GraphPool pool) {
    List<CompletableFuture<?>> removals = new ArrayList<>();
    for (GraphNode node : pool.graph().nodes()) {
      removals.add(remove(node.program()));
    }
    return CompletableFuture.allOf(removals.toArray(CompletableFuture<?>[]::new));
  }

  private CompletableFuture<?> remove(ModelRef node) {
    return models
        .unregister(node)
        .handle(
            (key, thrown) -> {
              if (thrown != null
                  && ServeException.failureOf(thrown).kind() != ErrorKind.MODEL_NOT_FOUND) {
                log.error("node {} could not be removed", node.name(), thrown);
              }
              return node;
            })
        .toCompletableFuture();
  }
}
