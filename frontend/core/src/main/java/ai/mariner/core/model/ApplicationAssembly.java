package ai.mariner.core.model;

import ai.mariner.core.application.ApplicationSpec;
import ai.mariner.core.application.NodeSpec;
import ai.mariner.core.application.RouteSpec;
import ai.mariner.core.config.CrewOptions;
import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.graph.Graph;
import ai.mariner.core.graph.GraphNode;
import ai.mariner.core.graph.GraphPool;
import ai.mariner.core.graph.Served;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.message.NameRule;
import ai.mariner.core.time.Loop;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;

/**
 * Makes an application of an archive: registers its stages, all on one loop, and joins them to a
 * graph for each route of several nodes. Routes of one node lead straight to their model.
 */
final class ApplicationAssembly {
  private final Registration registration;
  private final ModelGroup group;
  private final Served entrance;
  private final GraphPool.Shared shared;

  /**
   * Makes the assembly.
   *
   * @param entrance takes requests of routes of one node
   * @param shared what all graphs share
   */
  ApplicationAssembly(
      Registration registration, ModelGroup group, Served entrance, GraphPool.Shared shared) {
    this.registration = registration;
    this.group = group;
    this.entrance = entrance;
    this.shared = shared;
  }

  /**
   * Registers all stages.
   *
   * @param name registered name
   * @param stopping whether the server is on its way out
   * @return fails with the first reason, when none of its stages is left
   */
  CompletionStage<RunningWorkflow> assemble(
      String name, RegisterWorkflow order, ApplicationArchive archive, BooleanSupplier stopping) {
    ApplicationSpec spec = archive.spec();
    Map<String, List<String>> routes = routesByStage(spec);
    List<Graph> graphs = new ArrayList<>();
    List<FetchedModel> stages = new ArrayList<>();
    Loop loop = registration.nextLoop();
    try {
      for (int route = 0; route < spec.routes().size(); route++) {
        graphs.add(graph(name, spec.routes().get(route), route, routes));
      }
      for (String stage : spec.stages()) {
        stages.add(
            stage(name, order, archive, stage)
                .on(loop)
                .with(routes.getOrDefault(stage, List.of())));
      }
    } catch (RuntimeException e) {
      return CompletableFuture.failedStage(e);
    }
    return group
        .register("Application " + name, stages)
        .thenApply(
            nothing -> {
              List<ModelRef> programs = stages.stream().map(stage -> stage.key().ref()).toList();
              BooleanSupplier ready = () -> !stopping.getAsBoolean() && group.ready(programs);
              return running(name, spec, order, graphs, programs, ready, loop);
            });
  }

  private RunningWorkflow running(
      String name,
      ApplicationSpec spec,
      RegisterWorkflow order,
      List<Graph> graphs,
      List<ModelRef> programs,
      BooleanSupplier ready,
      Loop loop) {
    List<GraphPool> pools = new ArrayList<>();
    List<Application.Entry> entries = new ArrayList<>();
    for (Graph graph : graphs) {
      GraphNode first = graph.nodes().get(0);
      if (graph.nodes().size() == 1 && first.retries() == 0) {
        entries.add(new Application.Entry(entrance, first.program(), first.route()));
      } else {
        String title = "Application " + name;
        GraphPool pool = new GraphPool(title, graph, group.capacity(graph), loop, shared);
        pools.add(pool);
        entries.add(new Application.Entry(pool, null, 0));
      }
    }
    Application application = new Application(name, spec, entries, ready, order.atStart());
    return new RunningWorkflow(pools, programs, application);
  }

  /** The names of the routes that each stage is on, as LOAD has them. */
  private static Map<String, List<String>> routesByStage(ApplicationSpec spec) {
    Map<String, List<String>> routes = new LinkedHashMap<>();
    for (int route = 0; route < spec.routes().size(); route++) {
      for (NodeSpec node : spec.routes().get(route).nodes()) {
        routes
            .computeIfAbsent(node.stage(), unused -> new ArrayList<>())
            .add(routeName(route, node));
      }
    }
    return routes;
  }

  private static String routeName(int route, NodeSpec node) {
    return route + "#" + node.name();
  }

  private static Graph graph(
      String name, RouteSpec spec, int route, Map<String, List<String>> routes) {
    List<GraphNode> nodes = new ArrayList<>();
    for (NodeSpec node : spec.nodes()) {
      ModelRef program = ModelRef.of(ModelGroup.modelName(name, node.stage()));
      int number = routes.getOrDefault(node.stage(), List.of()).indexOf(routeName(route, node)) + 1;
      nodes.add(new GraphNode(node.name(), program, node.inputs(), node.retries(), null, number));
    }
    try {
      return new Graph(nodes, Graph.Exits.ONE);
    } catch (ServeException e) {
      Failure failure = e.failure();
      throw new ServeException(failure.kind(), "routes[" + route + "].nodes: " + failure.message());
    }
  }

  private static FetchedModel stage(
      String name, RegisterWorkflow order, ApplicationArchive archive, String stage) {
    String modelName = ModelGroup.modelName(name, stage);
    ModelArchive files = archive.stages().get(stage);
    if (files == null || !NameRule.allows(modelName)) {
      throw new ServeException(
          ErrorKind.ARCHIVE_INVALID,
          "stages: " + NameRule.shown(modelName) + " (expected: " + NameRule.EXPECTED + ")");
    }
    RegisterModel model =
        new RegisterModel(
            files.location(),
            modelName,
            null,
            null,
            null,
            options(order, files),
            order.atStart() ? Completion.ACCEPTED : Completion.READY,
            order.atStart());
    ModelKey key = new ModelKey(modelName, files.manifest().modelVersion());
    return new FetchedModel(model, files, key);
  }

  /** A stage has a worker unless it says otherwise, in every profile. */
  private static ModelOverrides options(RegisterWorkflow order, ModelArchive files) {
    boolean silent = files.overrides().get(CrewOptions.MIN_WORKERS) == null;
    return ModelOverrides.builder()
        .workers(silent ? 1 : null, null)
        .responseTimeout(order.responseTimeout())
        .startupTimeout(order.startupTimeout())
        .build();
  }
}
