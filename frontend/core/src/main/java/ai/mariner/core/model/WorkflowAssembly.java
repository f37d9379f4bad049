package ai.mariner.core.model;

import ai.mariner.core.config.CrewOptions;
import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.ProgramOptions;
import ai.mariner.core.error.ErrorKind;
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

/** Makes a graph of an archive: registers its nodes, or undoes all of it when one fails. */
final class WorkflowAssembly {
  private static final String VERSION = "1.0";

  private final Registration registration;
  private final ModelGroup group;
  private final GraphPool.Shared shared;

  WorkflowAssembly(Registration registration, ModelGroup group, GraphPool.Shared shared) {
    this.registration = registration;
    this.group = group;
    this.shared = shared;
  }

  /**
   * Registers all nodes of a workflow and waits for their workers.
   *
   * @return fails with the first reason, when none of its nodes is left
   */
  CompletionStage<RunningWorkflow> assemble(
      String name, RegisterWorkflow order, WorkflowArchive archive, WorkflowSpec spec) {
    Loop loop = registration.nextLoop();
    Graph graph;
    List<FetchedModel> fetched = new ArrayList<>();
    try {
      graph = graph(name, spec);
      for (WorkflowSpec.Step step : spec.steps()) {
        fetched.add(node(name, order, archive.files(), spec.handler(), step).on(loop));
      }
    } catch (RuntimeException e) {
      fetched.forEach(node -> node.archive().release().run());
      return CompletableFuture.failedStage(e);
    }
    String title = "Workflow " + name;
    return group
        .register(title, fetched)
        .thenApply(
            nothing -> {
              GraphPool pool = new GraphPool(title, graph, group.capacity(graph), loop, shared);
              List<ModelRef> programs = graph.nodes().stream().map(GraphNode::program).toList();
              return new RunningWorkflow(List.of(pool), programs, null);
            });
  }

  private static Graph graph(String name, WorkflowSpec spec) {
    List<GraphNode> nodes = new ArrayList<>();
    for (WorkflowSpec.Step step : spec.steps()) {
      ModelRef program = ModelRef.of(ModelGroup.modelName(name, step.name()));
      nodes.add(new GraphNode(step.name(), program, step.inputs(), step.retries(), step.timeout()));
    }
    return new Graph(nodes, Graph.Exits.ANY);
  }

  private FetchedModel node(
      String workflow,
      RegisterWorkflow order,
      ModelArchive files,
      @Nullable String handler,
      WorkflowSpec.Step step) {
    String url = step.url();
    RegisterModel model =
        new RegisterModel(
            url == null ? files.location() : url,
            ModelGroup.modelName(workflow, step.name()),
            null,
            null,
            null,
            options(order, step),
            Completion.READY,
            false,
            order.signed());
    if (url != null) {
      return registration.fetch(model);
    }
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
    return new FetchedModel(
        model, functions, new ModelKey(ModelGroup.modelName(workflow, step.name()), VERSION));
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
}
